import { cancel, confirm, intro, isCancel, multiselect, select, text } from "@clack/prompts";
import { type ChosenProvider, knownProviders } from "./known-providers.ts";
import { naming, type TemplateName } from "./names.ts";
import type { ProjectChoice } from "./project-files.ts";

/** What `init` has to know. */
export interface InitAnswers extends ProjectChoice {
  readonly folder: string;
  readonly install: boolean;
}

/** What is known without asking. */
export interface InitKnown {
  readonly folder: string | undefined;
  readonly template: TemplateName | undefined;
  readonly name: string | undefined;
  readonly providers: readonly ChosenProvider[] | undefined;
  readonly install: boolean | undefined;
  readonly packageManager: string;
}

/** Asks for what isn't known yet; undefined when the user cancels. */
export async function ask(known: InitKnown): Promise<InitAnswers | undefined> {
  intro("A new Glacier project");
  const template = known.template ?? (await askTemplate());
  if (isCancel(template)) return undo();
  const usual = template === "pipeline" ? "my-pipeline" : "glacier-my-store";
  const folder = known.folder ?? (await text({ message: "Where?", placeholder: usual, defaultValue: usual }));
  if (isCancel(folder)) return undo();
  const suggested = naming[template].from(folder);
  const name =
    known.name ??
    (await text({
      message: template === "pipeline" ? "What is the pipeline called?" : "What is the package called?",
      placeholder: suggested,
      defaultValue: suggested,
      validate: (value) => (value ? naming[template].mistake(value) : undefined),
    }));
  if (isCancel(name)) return undo();
  const providers = known.providers ?? (template === "pipeline" ? await askProviders() : []);
  if (isCancel(providers)) return undo();
  const install = known.install ?? (await confirm({ message: `Install dependencies with ${known.packageManager}?` }));
  if (isCancel(install)) return undo();
  return { folder, template, name, providers, install };
}

const askTemplate = () =>
  select<TemplateName>({
    message: "What is it?",
    options: [
      { value: "pipeline", label: "A pipeline" },
      { value: "provider", label: "A provider", hint: "a package that brings a storage for others' pipelines" },
    ],
  });

const askProviders = () =>
  multiselect<ChosenProvider>({
    message: "Which providers, besides this machine?",
    options: Object.entries(knownProviders).map(([label, value]) => ({ value, label, hint: value.about })),
    required: false,
  });

function undo(): undefined {
  cancel("Nothing was written.");
}
