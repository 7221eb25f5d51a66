import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { type ChosenProvider, knownProviders } from "./known-providers.ts";
import { capital, kindOf, type TemplateName } from "./names.ts";
import { ownFolder } from "./own-package.ts";
import { pipelinePackage, providerPackage } from "./package-json.ts";

/** What decides a new project's files. */
export interface ProjectChoice {
  readonly template: TemplateName;
  /** The pipeline's, or the provider's package's. */
  readonly name: string;
  readonly providers: readonly ChosenProvider[];
}

/** A new project's files, by path: those of its folder in templates/, named anew, and its package.json. */
export function projectFiles({ template, name, providers }: ProjectChoice): Readonly<Record<string, string>> {
  if (template === "provider") {
    const kind = kindOf(name);
    // The package's own name first: the kind is a part of it.
    const files = readTemplate("provider", (text) =>
      text
        .replaceAll("glacier-drawer", "\0")
        .replaceAll("drawer", kind)
        .replaceAll("Drawer", capital(kind))
        .replaceAll("\0", name),
    );
    return { "package.json": providerPackage(name), ...files };
  }
  const rename = (text: string): string => text.replaceAll("my-pipeline", name);
  const files = { ...readTemplate("pipeline", rename) };
  for (const { template: more } of providers) if (more !== undefined) Object.assign(files, readTemplate(more, rename));
  files["README.md"] += aboutProviders(providers);
  return { "package.json": pipelinePackage(name, providers), ...files };
}

/** Templates keep their .gitignore as `gitignore`: npm would obey it while packing, and leave it out. */
function readTemplate(template: string, rename: (text: string) => string): Record<string, string> {
  const folder = fileURLToPath(new URL(`templates/${template}`, ownFolder));
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [
        path
          .slice(folder.length + 1)
          .replaceAll(sep, "/")
          .replace(/^gitignore$/, ".gitignore"),
        rename(readFileSync(path, "utf8")),
      ]),
  );
}

function aboutProviders(providers: readonly ChosenProvider[]): string {
  if (providers.length === 0) return "";
  const about = (name: string): string => {
    const known = Object.values(knownProviders).find((one) => one.package === name);
    return `- \`${name}\`: ${known?.about ?? "see its README for what it brings and how datasets name it"}\n`;
  };
  return `
## Providers

Glacier finds them among the dependencies in package.json; nothing has to be registered. \`npx glacier providers\` lists what each brings.

- \`@glacier/local\`: this machine, which runs the tasks and keeps the data in \`.glacier\`
${providers.map((one) => about(one.package)).join("")}`;
}
