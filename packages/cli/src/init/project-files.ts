import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { type ChosenProvider, knownProviders, withStorage } from "./known-providers.ts";
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
  for (const { template: more } of providers) {
    if (more === undefined) continue;
    const { [configFile]: config, ...others } = readTemplate(more, rename);
    Object.assign(files, others);
    const before = files[configFile];
    if (config !== undefined) files[configFile] = before === undefined ? config : joinConfigs(before, config);
  }
  const all = withStorage(providers);
  files["README.md"] += aboutProviders(all);
  return { "package.json": pipelinePackage(name, all), ...files };
}

const configFile = "glacier.config.ts";

/** One config with the environments of both; all templates' are alike around them. */
function joinConfigs(one: string, other: string): string {
  const end = "  },\n} satisfies GlacierConfig;\n";
  const start = 'export default {\n  environments: {\n    default: { executor: "local" },\n';
  const parts = [one, other].map((text) => {
    const [before = "", after = ""] = text.split(start);
    const [imports = "", ...head] = before.split("\n\n");
    return { imports, head: head.join("\n\n"), environments: after.slice(0, -end.length) };
  });
  const [imports = ""] = parts.map((part) => part.imports).sort((a, b) => b.length - a.length);
  const heads = parts.map(({ head }) => head.trimEnd());
  return `${imports}\n\n${heads.join("\n\n")}\n${start}${parts.map(({ environments }) => environments).join("")}${end}`;
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
