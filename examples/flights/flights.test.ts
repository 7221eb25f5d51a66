import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RunResult } from "@glacier/core";
import { LocalExecutor } from "@glacier/local";
import { parquetReadObjects } from "hyparquet";
import Papa from "papaparse";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pipeline } from "./pipeline.ts";

// The numbers again, from the raw tables, by other means: another csv parser, plain loops over everything in memory.
const tables = join(dirname(fileURLToPath(import.meta.resolve("vega-datasets"))), "..", "data");
const raw = (name: string) => readFileSync(join(tables, name), "utf8");
const csvRows = (text: string) => Papa.parse<Record<string, string>>(text, { header: true, skipEmptyLines: true }).data;
const flights: { date: string; delay: number; distance: number; origin: string; destination: string }[] = JSON.parse(
  raw("flights-20k.json"),
);
const airports = csvRows(raw("airports.csv"));
const weather = csvRows(raw("weather.csv"));
const mean = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0) / numbers.length;

let out: string;
let result: RunResult;
const output = (name: string) => readFileSync(join(out, name), "utf8");
async function parquet(name: string): Promise<Record<string, unknown>[]> {
  const bytes = readFileSync(join(out, name));
  return parquetReadObjects({ file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) });
}

beforeAll(async () => {
  out = mkdtempSync(join(tmpdir(), "glacier-flights-"));
  result = await pipeline.run({ executor: new LocalExecutor({ storage: out }) });
}, 120_000);
afterAll(() => rmSync(out, { recursive: true, force: true }));

describe("the graph", () => {
  it("has fan-in, fan-out and a diamond", () => {
    expect(pipeline.validate()).toEqual([]);
    expect(pipeline.tasks.length).toBeGreaterThanOrEqual(7);
    expect(pipeline.dependencies("locate")).toEqual(["clean_airports", "clean_flights"]);
    expect(pipeline.consumers("locate")).toEqual([
      "busiest_routes",
      "compare_weather",
      "delays_by_airport",
      "delays_by_hour",
    ]);
    expect(pipeline.dependencies("write_report")).toEqual([
      "busiest_routes",
      "compare_weather",
      "delays_by_airport",
      "delays_by_hour",
    ]);
    expect(pipeline.sources.map(({ name }) => name)).toEqual(["raw_airports", "raw_flights", "raw_weather"]);
  });

  it("is the one that the README draws", () => {
    const readme = readFileSync(new URL("README.md", import.meta.url), "utf8");
    expect(readme).toContain(`\`\`\`mermaid\n${pipeline.visualize("mermaid")}\`\`\``);
  });
});

describe("the numbers", () => {
  it("airports: every row that makes sense, NA as null", async () => {
    const found = await parquet("airports.parquet");
    const sound = airports.filter(({ iata }) => iata?.length === 3 || iata?.length === 4);
    expect(found.length).toBe(sound.length);
    expect(result.datasets["airports"]).toMatchObject({ rows: sound.length });
    expect(found.filter(({ city }) => city === null).length).toBe(
      sound.filter(({ city }) => city === "NA" || city === "").length,
    );
    const seattle = found.find(({ iata }) => iata === "SEA");
    expect(seattle).toMatchObject({ city: "Seattle", state: "WA", latitude: 47.44898194 });
  });

  it("legs: each flight with its cities and its time", async () => {
    const found = await parquet("legs.parquet");
    expect(found.length).toBe(flights.length);
    const cities = new Map(airports.map(({ iata, city }) => [iata, city === "NA" ? null : city]));
    for (const [i, { date, delay, origin, destination }] of flights.entries()) {
      if (i % 97 !== 0) continue;
      const [day, time] = date.split(" ");
      expect(found[i]).toMatchObject({
        origin,
        destination,
        originCity: cities.get(origin),
        destinationCity: cities.get(destination),
      });
      expect(Number(found[i]?.["delay"])).toBe(delay);
      const departure = found[i]?.["departure"] as Date | undefined;
      expect(departure?.toISOString()).toBe(`${day?.split("/").join("-")}T${time}:00.000Z`);
    }
  });

  it("delays by airport", async () => {
    const found = await parquet("airport_delays.parquet");
    expect(found.length).toBe(new Set(flights.map(({ origin }) => origin)).size);
    for (const { airport, departures, meanDelay, late } of found) {
      const delays = flights.filter(({ origin }) => origin === airport).map(({ delay }) => delay);
      expect(Number(departures)).toBe(delays.length);
      expect(meanDelay).toBeCloseTo(mean(delays), 2);
      expect(late).toBeCloseTo(delays.filter((delay) => delay >= 15).length / delays.length, 2);
    }
  });

  it("delays by hour, as csv", () => {
    const found = csvRows(output("hour_delays.csv"));
    const byHour = Map.groupBy(flights, ({ date }) => Number(date.slice(11, 13)));
    expect(found.map(({ hour }) => Number(hour))).toEqual([...byHour.keys()].sort((a, b) => a - b));
    for (const { hour, departures, meanDelay } of found) {
      const delays = byHour.get(Number(hour))?.map(({ delay }) => delay) ?? [];
      expect(Number(departures)).toBe(delays.length);
      expect(Number(meanDelay)).toBeCloseTo(mean(delays), 2);
    }
  });

  it("the climate, and the delays under it", () => {
    const months: { city: string; month: number; wetShare: number; departures: number; meanDelay: number }[] =
      JSON.parse(output("wet_months.json"));
    const codes = (city: string) =>
      new Set(airports.filter((airport) => airport["city"] === city).map(({ iata }) => iata));
    expect(months.map(({ city, month }) => `${city} ${month}`).sort()).toEqual(
      ["New York", "Seattle"].flatMap((city) => [1, 2, 3].map((month) => `${city} ${month}`)).sort(),
    );
    for (const { city, month, wetShare, departures, meanDelay } of months) {
      const days = weather.filter((day) => day["location"] === city && Number(day["date"]?.slice(5, 7)) === month);
      expect(wetShare).toBeCloseTo(
        days.filter(({ precipitation }) => Number(precipitation) > 0).length / days.length,
        2,
      );
      const from = codes(city);
      const delays = flights
        .filter(({ origin, date }) => from.has(origin) && Number(date.slice(5, 7)) === month)
        .map(({ delay }) => delay);
      expect(departures).toBe(delays.length);
      expect(meanDelay).toBeCloseTo(mean(delays), 2);
    }
  });

  it("the report", () => {
    const report = JSON.parse(output("report.json"));
    expect(report.flights).toBe(flights.length);
    expect(report.meanDelay).toBeCloseTo(mean(flights.map(({ delay }) => delay)), 1);
    expect(report.busiestRoutes).toHaveLength(10);
    const counts = Map.groupBy(flights, ({ origin, destination }) => `${origin} ${destination}`);
    const busiest = Math.max(...[...counts.values()].map(({ length }) => length));
    expect(report.busiestRoutes[0].flights).toBe(busiest);
    expect(report.worstAirports[0].meanDelay).toBeGreaterThanOrEqual(report.worstAirports[1].meanDelay);
  });
});

it("runs again to the same bytes, and takes a parameter", async () => {
  const again = mkdtempSync(join(tmpdir(), "glacier-flights-"));
  try {
    await pipeline.run({ executor: new LocalExecutor({ storage: again }) });
    for (const { uri } of Object.values(result.datasets)) {
      const name = uri.split("/").at(-1) ?? "";
      expect(readFileSync(join(again, name)).equals(readFileSync(join(out, name))), name).toBe(true);
    }
    await pipeline.run({
      executor: new LocalExecutor({ storage: again }),
      only: ["busiest_routes"],
      params: { top: 3 },
    });
    expect(JSON.parse(readFileSync(join(again, "routes.json"), "utf8"))).toHaveLength(3);
  } finally {
    rmSync(again, { recursive: true, force: true });
  }
});
