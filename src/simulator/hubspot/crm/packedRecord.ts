import type { StoredRecord, Stamp } from './recordTable';

type Held = Omit<StoredRecord, 'stamps' | 'past' | 'equalWrites' | 'createdBy'>;

/** A record for a snapshot: each stamp is written once and named by its place in `list`. */
export interface PackedRecord extends Held {
  list: Stamp[];
  createdBy: number;
  stamps: Record<string, number>;
  past?: Record<string, [value: string, stamp: number][]>;
  equalWrites?: Record<string, [stamp: number, count: number]>;
}

/** Packs a record; nothing of it is shared with the original. */
export function packRecord(record: StoredRecord): PackedRecord {
  const places = new Map<Stamp, number>();
  const place = (stamp: Stamp): number => {
    const known = places.get(stamp);
    if (known !== undefined) return known;
    places.set(stamp, places.size);
    return places.size - 1;
  };
  const { past, equalWrites, stamps, createdBy, ...held } = record;
  const packed = {
    ...held,
    createdBy: place(createdBy),
    stamps: mapValues(stamps, place),
    ...(past && {
      past: mapValues(past, (values) =>
        values.map(({ value, stamp }): [string, number] => [value, place(stamp)]),
      ),
    }),
    ...(equalWrites && {
      equalWrites: mapValues(equalWrites, ({ stamp, count }): [number, number] => [place(stamp), count]),
    }),
  };
  return { ...packed, list: [...places.keys()] };
}

/** The record that was packed. */
export function unpackRecord(packed: PackedRecord): StoredRecord {
  const { list, createdBy, stamps, past, equalWrites, ...held } = packed;
  const stampAt = (place: number): Stamp => list[place] as Stamp;
  return {
    ...held,
    createdBy: stampAt(createdBy),
    stamps: mapValues(stamps, stampAt),
    ...(past && {
      past: mapValues(past, (values) => values.map(([value, place]) => ({ value, stamp: stampAt(place) }))),
    }),
    ...(equalWrites && {
      equalWrites: mapValues(equalWrites, ([place, count]) => ({ stamp: stampAt(place), count })),
    }),
  };
}

function mapValues<A, B>(values: Record<string, A>, change: (value: A) => B): Record<string, B> {
  const mapped: Record<string, B> = {};
  for (const name of Object.keys(values)) mapped[name] = change(values[name] as A);
  return mapped;
}
