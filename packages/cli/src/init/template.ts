/** What a new project is made of, by path; `name` is the pipeline's, `version` that of Glacier's packages. */
export function projectFiles(name: string, version: string): Readonly<Record<string, string>> {
  return {
    "package.json": packageJson(name, version),
    "tsconfig.json": tsconfig,
    ".gitignore": "node_modules/\n.glacier/\n",
    "README.md": readme(name),
    "data/orders.ndjson": orders,
    "src/pipeline.ts": pipeline(name),
  };
}

function packageJson(name: string, version: string): string {
  const json = {
    name: name.replaceAll("_", "-"),
    private: true,
    type: "module",
    engines: { node: ">=22.18" },
    scripts: { start: "glacier run", check: "tsc && glacier validate" },
    dependencies: { "@glacier/core": `^${version}`, "@glacier/local": `^${version}`, zod: "^4.6.0" },
    devDependencies: { "@glacier/cli": `^${version}`, "@types/node": "^24.0.0", typescript: "^7.0.0" },
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}

/** Node runs the sources as they are, so the compiler only checks, and refuses what Node can't strip. */
const tsconfig = `{
  "compilerOptions": {
    "target": "es2024",
    "module": "nodenext",
    "types": ["node"],
    "noEmit": true,
    "strict": true,
    "noUncheckedIndexedAccess": true,
    "allowImportingTsExtensions": true,
    "erasableSyntaxOnly": true,
    "verbatimModuleSyntax": true,
    "skipLibCheck": true
  },
  "include": ["src"]
}
`;

const orders = [
  { id: "o1", country: "de", amount: 120.5 },
  { id: "o2", country: "fr", amount: 80 },
  { id: "o3", country: "de", amount: -15 },
  { id: "o4", country: "us", amount: 310.25 },
  { id: "o5", country: "fr", amount: 42 },
  { id: "o6", country: "us", amount: 99.9 },
]
  .map((order) => `${JSON.stringify(order)}\n`)
  .join("");

function pipeline(name: string): string {
  return `import { Dataset, ndjson, Pipeline, storage, task } from "@glacier/core";
import { z } from "zod";

const Order = z.object({ id: z.string(), country: z.string(), amount: z.number() });

// A source: no task makes it, so it says where it is.
export const rawOrders = new Dataset("raw_orders", {
  schema: Order,
  format: ndjson(),
  storage: storage.localFs({ basePath: "data", key: "orders.ndjson" }),
});
// Where these are stored is decided by whoever runs the pipeline: ./.glacier on this machine.
export const cleanOrders = new Dataset("clean_orders", { schema: Order, format: ndjson() });
export const revenue = new Dataset("revenue", { schema: z.record(z.string(), z.number()) });

// Rows stream through: this task needs the same memory for six orders and for six billion.
export const clean = task(
  "clean",
  { inputs: { orders: rawOrders }, output: cleanOrders, retries: 2 },
  async function* ({ orders }, { log }) {
    let refunds = 0;
    for await (const order of orders) {
      if (order.amount > 0) yield order;
      else refunds++;
    }
    log.info("left out refunds", { refunds });
  },
);

export const aggregate = task("aggregate", { inputs: { orders: cleanOrders }, output: revenue }, async ({ orders }) => {
  const byCountry: Record<string, number> = {};
  for await (const { country, amount } of orders) byCountry[country] = (byCountry[country] ?? 0) + amount;
  return byCountry;
});

export const pipeline = new Pipeline("${name}", [clean, aggregate]);
`;
}

function readme(name: string): string {
  return `# ${name}

A [Glacier](https://github.com/glacier-data/glacier) pipeline: \`src/pipeline.ts\`.

\`\`\`sh
npm install
npm start                        # runs the pipeline
npx glacier show revenue         # what came out
npx glacier graph --format mermaid
npm run check                    # types, then the pipeline itself
\`\`\`
`;
}
