import { cancel, confirm, intro, isCancel, text } from "@clack/prompts";

/** What `init` has to know. */
export interface InitAnswers {
  readonly folder: string;
  readonly name: string;
  readonly install: boolean;
}

/** What is known without asking, and how answers are checked. */
export interface InitKnown {
  readonly folder: string | undefined;
  readonly name: string | undefined;
  readonly install: boolean | undefined;
  readonly packageManager: string;
  /** A pipeline's name from a folder's. */
  nameFrom(folder: string): string;
  /** What is wrong with a name, if anything. */
  checkName(name: string): string | undefined;
}

/** Asks for what isn't known yet; undefined when the user cancels. */
export async function ask(known: InitKnown): Promise<InitAnswers | undefined> {
  intro("A new Glacier project");
  const folder =
    known.folder ?? (await text({ message: "Where?", placeholder: "my-pipeline", defaultValue: "my-pipeline" }));
  if (isCancel(folder)) return undo();
  const suggested = known.nameFrom(folder);
  const name =
    known.name ??
    (await text({
      message: "What is the pipeline called?",
      placeholder: suggested,
      defaultValue: suggested,
      validate: (value) => (value ? known.checkName(value) : undefined),
    }));
  if (isCancel(name)) return undo();
  const install = known.install ?? (await confirm({ message: `Install dependencies with ${known.packageManager}?` }));
  if (isCancel(install)) return undo();
  return { folder, name, install };
}

function undo(): undefined {
  cancel("Nothing was written.");
}
