/** A string, or one with parts that are only known where it is deployed. */
export type Text = string | Join;

/** What is only known where it is deployed: the account's number, or an attribute of another resource of the model. */
export type Ref = { readonly kind: "account" } | { readonly kind: Attribute; readonly of: string };

/** `name` is a bucket's, `url` a repository's. */
export type Attribute = "arn" | "name" | "url";

/** Whatever JSON can say, with {@link Text} for strings, and lists that are parameters of the deployment. */
export type Value =
  | Text
  | number
  | boolean
  | null
  | ParameterList
  | readonly Value[]
  | { readonly [key: string]: Value };

/** A string in parts. */
export class Join {
  readonly parts: readonly (string | Ref)[];

  constructor(parts: readonly (string | Ref)[]) {
    this.parts = parts;
  }
}

/** A list of strings that whoever deploys it gives. */
export class ParameterList {
  readonly name: ParameterName;

  constructor(name: ParameterName) {
    this.name = name;
  }
}

/** Parameters of a deployment. */
export type ParameterName = "subnets" | "securityGroups";

/** Where a list goes in JSON text that is not printed for good yet; no text has these characters. */
export function listMark({ name }: ParameterList): string {
  return `\uE000${name}\uE000`;
}

/** JSON text, each {@link listMark} with what stands there in its place. */
export function withLists(json: string, print: (name: ParameterName) => string): string {
  return json.replace(/"\uE000(\w+)\uE000"/g, (_, name: ParameterName) => print(name));
}

/** The number of the account that it is deployed in. */
export const account: Ref = { kind: "account" };

/** An attribute of another resource. */
export function ref(of: string, kind: Attribute): Join {
  return new Join([{ kind, of }]);
}

/** Template tag that makes a {@link Text}. */
export function text(strings: TemplateStringsArray, ...inserted: readonly (Text | Ref | number)[]): Text {
  const parts: (string | Ref)[] = [];
  let last = strings[0] ?? "";
  const add = (part: string | Ref | number) => {
    if (typeof part !== "object") last += part;
    else {
      if (last !== "") parts.push(last);
      parts.push(part);
      last = "";
    }
  };
  inserted.forEach((value, i) => {
    if (value instanceof Join) value.parts.forEach(add);
    else add(value);
    add(strings[i + 1] ?? "");
  });
  if (parts.length === 0) return last;
  if (last !== "") parts.push(last);
  return new Join(parts);
}

/** An account has 12 digits; references of other kinds don't stand where length matters. */
const accountLength = 12;

const noAccount = "0".repeat(accountLength);

/** A text as it will be, with an account of zeros: for its length, and for telling texts apart. */
export function plain(value: Text): string {
  if (typeof value === "string") return value;
  return value.parts
    .map((part) => (typeof part === "string" ? part : part.kind === "account" ? noAccount : part.of))
    .join("");
}

/** Whether a text is that one in some account. It has no references of other kinds. */
export function couldBe(value: Text, actual: string): boolean {
  if (typeof value === "string") return value === actual;
  const parts = value.parts.map((part) => (typeof part === "string" ? part : `\\d{${accountLength}}`));
  return new RegExp(`^${parts.join("")}$`).test(actual);
}

/** A value as JSON text; `print` says what stands for a text that isn't plain. */
export function jsonOf(value: Value, print: (text: Join | ParameterList) => unknown): string {
  // Class instances have no toJSON, so the replacer sees them as they are.
  return JSON.stringify(value, (_, part) =>
    part instanceof Join || part instanceof ParameterList ? print(part) : part,
  );
}
