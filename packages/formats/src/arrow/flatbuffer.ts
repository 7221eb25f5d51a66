/**
 * A flatbuffer table, every step of it within its bytes: generated readers believe offsets and lengths, and a damaged
 * message may ask for more memory than there is. Throws an `Error` for what leaves the bytes.
 * https://flatbuffers.dev/internals
 */
export interface Table {
  /** Tables that `slot` points at: none, one, or a vector's. */
  table(slot: number): Table | undefined;
  tables(slot: number): Table[];
  /** Length of the vector or string in `slot`, whose elements have `size` bytes. */
  vector(slot: number, size: number): { readonly at: number; readonly length: number };
  uint8(slot: number): number;
  int64(slot: number): bigint;
}

/** The root table of `bytes`. */
export function rootTable(bytes: Uint8Array): Table {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Tables may be shared: without a limit a small message could unfold into a huge one.
  const budget = { tables: bytes.byteLength };
  return tableAt(view, view.getUint32(0, true), budget);
}

function tableAt(view: DataView, at: number, budget: { tables: number }): Table {
  if (budget.tables-- <= 0) throw damaged();
  const slots = at - view.getInt32(at, true);
  const slotBytes = view.getUint16(slots, true);
  if (slots + slotBytes > view.byteLength) throw damaged();
  const field = (slot: number): number | undefined => {
    const offset = 4 + 2 * slot < slotBytes ? view.getUint16(slots + 4 + 2 * slot, true) : 0;
    return offset === 0 ? undefined : at + offset;
  };
  const target = (slot: number): number | undefined => {
    const place = field(slot);
    return place === undefined ? undefined : place + view.getUint32(place, true);
  };
  const vector = (slot: number, size: number): { at: number; length: number } => {
    const place = target(slot);
    if (place === undefined) return { at: 0, length: 0 };
    const length = view.getUint32(place, true);
    if (place + 4 + length * size > view.byteLength) throw damaged();
    return { at: place + 4, length };
  };
  return {
    vector,
    table(slot) {
      const place = target(slot);
      return place === undefined ? undefined : tableAt(view, place, budget);
    },
    tables(slot) {
      const { at: first, length } = vector(slot, 4);
      return Array.from({ length }, (_, i) =>
        tableAt(view, first + 4 * i + view.getUint32(first + 4 * i, true), budget),
      );
    },
    uint8(slot) {
      const place = field(slot);
      return place === undefined ? 0 : view.getUint8(place);
    },
    int64(slot) {
      const place = field(slot);
      return place === undefined ? 0n : view.getBigInt64(place, true);
    },
  };
}

export function damaged(): Error {
  return new Error("it has no Arrow message, or a damaged one");
}
