/** One option of a command. */
interface OptionSpec {
  readonly type: "string" | "boolean";
  /** May be given several times. */
  readonly multiple?: true;
  readonly short?: string;
  /** What stands for the value in the help: `NAME`. */
  readonly value?: string;
  readonly about: string;
}

/** One command, as the parser and the help know it. */
export interface CommandSpec {
  /** Positional arguments: `[path]` is optional, `<dataset>` is not. */
  readonly positionals: readonly string[];
  readonly about: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
  readonly examples: readonly string[];
}

const common: Readonly<Record<string, OptionSpec>> = {
  quiet: { type: "boolean", short: "q", about: "print nothing but errors" },
  verbose: { type: "boolean", short: "v", about: "print debug logs and the whole stacks of errors" },
  help: { type: "boolean", short: "h", about: "print help" },
};

const json: OptionSpec = { type: "boolean", about: "print JSON for machines" };

/** What binds a pipeline. */
const bound: Readonly<Record<string, OptionSpec>> = {
  pipeline: { type: "string", short: "p", value: "NAME", about: "which pipeline, where the module exports several" },
  env: {
    type: "string",
    short: "e",
    value: "NAME",
    about: "environment of glacier.config.ts; default: the one called default",
  },
  tenant: { type: "string", value: "ID", about: "tenant that it belongs to" },
};

const project: Readonly<Record<string, OptionSpec>> = {
  ...bound,
  executor: { type: "string", value: "NAME", about: "executor; default: the environment's, else local" },
};

const target: OptionSpec = {
  type: "string",
  short: "t",
  value: "NAME",
  about: "what to compile to; default: the environment's",
};

const file: OptionSpec = {
  type: "string",
  short: "f",
  value: "PATH",
  about: "the pipeline's file or the project's folder",
};

/** A command's name. */
export type CommandName =
  | "run"
  | "validate"
  | "graph"
  | "plan"
  | "compile"
  | "build"
  | "push"
  | "runs"
  | "show"
  | "providers"
  | "init";

/** Every command, in the order of the help. */
export const commands: Readonly<Record<CommandName, CommandSpec>> = {
  run: {
    positionals: ["[path]"],
    about: "Run a pipeline",
    options: {
      ...project,
      param: {
        type: "string",
        multiple: true,
        value: "K=V",
        about: "run parameter; numbers and booleans where the schema says so",
      },
      only: { type: "string", multiple: true, value: "TASK", about: "just this task" },
      from: { type: "string", multiple: true, value: "TASK", about: "this task and all that depend on it" },
      until: { type: "string", multiple: true, value: "TASK", about: "this task and all that it depends on" },
      concurrency: { type: "string", short: "c", value: "N", about: "attempts side by side; default: the executor's" },
      resume: {
        type: "string",
        value: "RUN",
        about: "go on with that run (or: last); what it committed is not done again",
      },
      "keep-going": { type: "boolean", about: "after a failure finish what doesn't depend on it" },
      "dry-run": { type: "boolean", about: "say what would run and why; write nothing" },
      json: { type: "boolean", about: "print the run's events as NDJSON, and nothing else, on stdout" },
      ...common,
    },
    examples: [
      "glacier run",
      "glacier run --env prod --param day=2026-11-24",
      "glacier run --until clean --dry-run",
      "glacier run --resume last",
    ],
  },
  validate: {
    positionals: ["[path]"],
    about: "Check a pipeline and list every mistake with its fix",
    options: { ...project, json, ...common },
    examples: ["glacier validate", "glacier validate --env prod"],
  },
  graph: {
    positionals: ["[path]"],
    about: "Draw a pipeline's graph",
    options: {
      pipeline: project["pipeline"] as OptionSpec,
      format: { type: "string", value: "KIND", about: "text (default), mermaid or dot" },
      ...common,
    },
    examples: ["glacier graph", "glacier graph --format dot | dot -Tsvg > graph.svg"],
  },
  plan: {
    positionals: ["[path]"],
    about: "Show tasks, datasets and where they are stored",
    options: { ...project, json: { type: "boolean", about: "print the plan itself, as JSON" }, ...common },
    examples: ["glacier plan", "glacier plan --env prod --json"],
  },
  compile: {
    positionals: ["[path]"],
    about: "Compile a pipeline to the files that deploy it",
    options: {
      target,
      form: { type: "string", value: "NAME", about: "which of the target's forms; default: its first" },
      out: { type: "string", short: "o", value: "DIR", about: "folder to write to; default: infra" },
      ...bound,
      json,
      ...common,
    },
    examples: ["glacier compile --target files", "glacier compile --env prod --out infra/prod"],
  },
  build: {
    positionals: ["[path]"],
    about: "Build the container images that a compiled pipeline needs, with Docker",
    options: { target, ...bound, json, ...common },
    examples: ["glacier build --env prod"],
  },
  push: {
    positionals: ["[path]"],
    about: "Push those images to where the deployment looks for them; builds what isn't built",
    options: { target, ...bound, json, ...common },
    examples: ["glacier push --env prod"],
  },
  runs: {
    positionals: ["[run]"],
    about: "List a pipeline's runs, or tell what happened in one (or: last)",
    options: {
      file,
      ...project,
      limit: { type: "string", short: "n", value: "N", about: "how many runs; default 20" },
      json,
      ...common,
    },
    examples: ["glacier runs", "glacier runs last"],
  },
  show: {
    positionals: ["<dataset>"],
    about: "Show a dataset: first rows, columns, size, who made it and when",
    options: {
      file,
      ...project,
      rows: { type: "string", short: "n", value: "N", about: "how many rows; default 10" },
      json,
      ...common,
    },
    examples: ["glacier show revenue", "glacier show clean_orders --rows 50"],
  },
  providers: {
    positionals: ["[path]"],
    about: "List providers, what each brings and which don't load",
    options: { json, ...common },
    examples: ["glacier providers"],
  },
  init: {
    positionals: ["[folder]"],
    about: "Start a new project; asks on a terminal",
    options: {
      template: {
        type: "string",
        value: "KIND",
        about: "pipeline (default), or provider: a package for others' pipelines",
      },
      name: {
        type: "string",
        value: "NAME",
        about: "the pipeline's or the package's name; default: from the folder's",
      },
      provider: {
        type: "string",
        multiple: true,
        value: "NAME",
        about: "formats, or an npm package: a provider that the pipeline starts with",
      },
      yes: { type: "boolean", short: "y", about: "ask nothing, take defaults" },
      install: { type: "boolean", about: "install dependencies right away" },
      "package-manager": {
        type: "string",
        value: "PM",
        about: "npm, pnpm, yarn or bun; default: the one that started this",
      },
      ...common,
    },
    examples: [
      "glacier init orders --provider formats",
      "glacier init . --name orders --yes",
      "glacier init glacier-sftp --template provider",
    ],
  },
};

/** Whether there is such a command. */
export function isCommand(name: string): name is CommandName {
  return Object.hasOwn(commands, name);
}
