import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RunEvent, RunResult } from "@glacier/core";
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
const allAirports = csvRows(raw("airports.csv"));
const airports = allAirports.filter(({ city }) => city !== "NA");
const cityOf = new Map(airports.map(({ iata, city }) => [iata, city]));
const weather = csvRows(raw("weather.csv"));

const hourOf = (date: string) => Number.parseInt(date.split(" ")[1] ?? "", 10);
const monthOf = (date: string) => Number.parseInt(date.split(/[/-]/)[1] ?? "", 10);
const delaysOf = (some: typeof flights) => some.map(({ delay }) => delay);
const share = <T>(all: readonly T[], is: (one: T) => boolean) => all.filter(is).length / all.length;
function mean(numbers: readonly number[]): number {
  let sum = 0;
  for (const number of numbers) sum += number;
  return sum / numbers.length;
}
/** A number as exact as the example rounds, three decimals, whichever way it rounds a half. */
const near = (exact: number) => expect.closeTo(exact, 2.99);

let out: string;
let result: RunResult;
const events: RunEvent[] = [];
const output = (name: string) => readFileSync(join(out, name), "utf8");
const jsonOutput = (name: string) => JSON.parse(output(name));
/** What hyparquet reads, with INT64 as numbers. */
async function parquetOutput(name: string): Promise<Record<string, unknown>[]> {
  const { buffer, byteOffset, byteLength } = readFileSync(join(out, name));
  const rows = await parquetReadObjects({ file: buffer.slice(byteOffset, byteOffset + byteLength) });
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([key, value]) => [key, typeof value === "bigint" ? Number(value) : value]),
    ),
  );
}

beforeAll(async () => {
  out = mkdtempSync(join(tmpdir(), "glacier-flights-"));
  result = await pipeline.run({
    executor: new LocalExecutor({ storage: out }),
    onEvent: (event) => events.push(event),
  });
}, 120_000);
afterAll(() => rmSync(out, { recursive: true, force: true }));

describe("the graph", () => {
  it("has fan-out, fan-in and a diamond between them", () => {
    expect(pipeline.validate()).toEqual([]);
    expect(pipeline.tasks.length).toBeGreaterThanOrEqual(7);
    const ways = ["busiest_routes", "compare_weather", "delays_by_airport", "delays_by_hour"];
    expect(pipeline.consumers("locate")).toEqual(ways);
    expect(pipeline.dependencies("write_report")).toEqual(ways);
    expect(pipeline.dependencies("locate")).toEqual(["clean_airports", "clean_flights"]);
    expect(pipeline.sources.map(({ name }) => name).sort()).toEqual(["raw_airports", "raw_flights", "raw_weather"]);
    expect(pipeline.sinks.map(({ name }) => name).sort()).toEqual(["odd_airports", "report", "summary"]);
  });

  it("orders each task after those it waits for, and the run keeps to that", () => {
    const { executionOrder } = pipeline;
    expect([...executionOrder].sort()).toEqual(pipeline.tasks.map(({ name }) => name).sort());
    const at = (type: string, task: string) =>
      events.findIndex((event) => event.type === type && "task" in event && event.task === task);
    for (const task of executionOrder) {
      for (const before of pipeline.dependencies(task)) {
        expect(executionOrder.indexOf(before), `${before} before ${task}`).toBeLessThan(executionOrder.indexOf(task));
        expect(at("task.succeeded", before), `${before} before ${task}`).toBeLessThan(at("attempt.started", task));
      }
    }
    expect(result.criticalPath[0]).toMatch(/^clean_/);
    expect(result.criticalPath.at(-1)).toBe("write_report");
  });

  it("is the one that the README draws", () => {
    const readme = readFileSync(new URL("README.md", import.meta.url), "utf8");
    expect(readme).toContain(`\`\`\`mermaid\n${pipeline.visualize("mermaid")}\`\`\``);
  });
});

describe("the numbers", () => {
  it("airports: every row, those without a city in quarantine", async () => {
    expect(await parquetOutput("airports.parquet")).toEqual(
      airports.map(({ iata, name, city, state, latitude, longitude }) => ({
        iata,
        name,
        city,
        state,
        latitude: Number(latitude),
        longitude: Number(longitude),
      })),
    );
    const odd = output("odd_airports.ndjson")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(odd.map(({ dataset, row, value }) => [dataset, row, value.iata])).toEqual(
      allAirports.flatMap(({ city, iata }, i) => (city === "NA" ? [["raw_airports", i + 1, iata]] : [])),
    );
    expect(odd[0].issues.map(({ path }: { path: string }) => path)).toEqual(["city", "state"]);
    expect(result.datasets["airports"]).toMatchObject({ rows: airports.length });
    expect(events).toContainEqual(
      expect.objectContaining({ type: "dataset.read", dataset: "raw_airports", invalid: odd.length }),
    );
  });

  it("flights and legs: each flight with its time, each leg with its cities", async () => {
    const expected = flights.map(({ date, ...flight }) => ({
      ...flight,
      departure: new Date(`${date.slice(0, 4)}-${date.slice(5, 7)}-${date.slice(8, 10)}T${date.slice(11)}Z`),
    }));
    expect(await parquetOutput("flights.parquet")).toEqual(expected);
    const legs = await parquetOutput("legs.parquet");
    expect(legs.map(({ originCity, originState, destinationCity, ...flight }) => flight)).toEqual(expected);
    expect(legs.map(({ originCity, destinationCity }) => [originCity, destinationCity])).toEqual(
      flights.map(({ origin, destination }) => [cityOf.get(origin) ?? null, cityOf.get(destination) ?? null]),
    );
    expect(legs.filter(({ originCity, destinationCity }) => originCity === null || destinationCity === null)).toEqual([
      expect.objectContaining({ origin: "ORD", destination: "MQT", originState: "IL", destinationCity: null }),
    ]);
  });

  it("delays by airport", async () => {
    const codes = [...new Set(flights.map(({ origin }) => origin))].sort();
    expect(await parquetOutput("airport_delays.parquet")).toEqual(
      codes.map((airport) => {
        const delays = delaysOf(flights.filter(({ origin }) => origin === airport));
        return {
          airport,
          city: cityOf.get(airport) ?? null,
          departures: delays.length,
          minutes: Math.round(mean(delays) * delays.length),
          meanDelay: near(mean(delays)),
          late: near(share(delays, (delay) => delay >= 15)),
        };
      }),
    );
  });

  it("delays by hour, as csv, empty where too few flights left", () => {
    const found = csvRows(output("hour_delays.csv"));
    expect(found.filter(({ meanDelay }) => meanDelay === "").map(({ hour }) => hour)).toEqual([
      "0",
      "1",
      "2",
      "3",
      "4",
    ]);
    expect(
      found.map(({ hour, departures, meanDelay }) => [hour, departures, meanDelay === "" ? null : Number(meanDelay)]),
    ).toEqual(
      Array.from({ length: 24 }, (_, hour) => {
        const delays = delaysOf(flights.filter(({ date }) => hourOf(date) === hour));
        return [String(hour), String(delays.length), delays.length < 100 ? null : near(mean(delays))];
      }),
    );
  });

  it("the busiest routes, those with as many flights by name", () => {
    const byRoute = Object.groupBy(flights, ({ origin, destination }) => `${origin} ${destination}`);
    const counted = Object.entries(byRoute).map(([route, some = []]) => ({ route, some }));
    counted.sort((a, b) => b.some.length - a.some.length || Number(a.route > b.route) - 0.5);
    expect(jsonOutput("routes.json")).toEqual(
      counted.slice(0, 10).map(({ route, some }) => ({
        origin: route.slice(0, 3),
        destination: route.slice(4),
        flights: some.length,
        distance: some[0]?.distance,
      })),
    );
  });

  it("the climate of 24 months, and the delays under it", () => {
    const dayOf = (city: string, month: number) =>
      weather.filter(({ location, date = "" }) => location === city && monthOf(date) === month);
    const climate = ["Seattle", "New York"].flatMap((city) =>
      Array.from({ length: 12 }, (_, i) => {
        const days = dayOf(city, i + 1);
        return {
          city,
          month: i + 1,
          days: days.length,
          wetShare: near(share(days, ({ precipitation }) => Number(precipitation) > 0)),
          highest: near(mean(days.map(({ temp_max }) => Number(temp_max)))),
        };
      }),
    );
    expect(jsonOutput("climate.json")).toEqual(climate);

    const months: { wetShare: number }[] = jsonOutput("wet_months.json");
    expect(months).toHaveLength(6);
    expect(months).toEqual(
      expect.arrayContaining(
        climate
          .filter(({ month }) => month <= 3)
          .map(({ city, month, wetShare }) => {
            const from = flights.filter(({ origin, date }) => cityOf.get(origin) === city && monthOf(date) === month);
            return { city, month, wetShare, departures: from.length, meanDelay: near(mean(delaysOf(from))) };
          }),
      ),
    );
    const shares = months.map(({ wetShare }) => wetShare);
    expect(shares).toEqual([...shares].sort((a, b) => b - a));
  });

  it("the report, in numbers and in words", () => {
    const byAirport = Object.entries(Object.groupBy(flights, ({ origin }) => origin)).flatMap(([airport, some = []]) =>
      some.length < 100 ? [] : [{ airport, mean: mean(delaysOf(some)) }],
    );
    const byHour = Object.entries(Object.groupBy(flights, ({ date }) => hourOf(date))).flatMap(([hour, some = []]) =>
      some.length < 100 ? [] : [{ hour: Number(hour), meanDelay: mean(delaysOf(some)) }],
    );
    byAirport.sort((a, b) => b.mean - a.mean);
    byHour.sort((a, b) => a.meanDelay - b.meanDelay);
    const report = jsonOutput("report.json");
    expect(report).toMatchObject({
      flights: flights.length,
      meanDelay: near(mean(delaysOf(flights))),
      bestHour: { hour: byHour[0]?.hour, meanDelay: near(byHour[0]?.meanDelay ?? Number.NaN) },
      worstHour: { hour: byHour.at(-1)?.hour, meanDelay: near(byHour.at(-1)?.meanDelay ?? Number.NaN) },
      busiestRoutes: jsonOutput("routes.json"),
      weather: jsonOutput("wet_months.json"),
    });
    expect(report.worstAirports.map(({ airport }: { airport: string }) => airport)).toEqual(
      byAirport.slice(0, 5).map(({ airport }) => airport),
    );
    const words = output("summary.txt");
    expect(words).toContain(`20,000 flights left ${mean(delaysOf(flights)).toFixed(1)} minutes late on average`);
    for (const { airport } of byAirport.slice(0, 5)) expect(words).toContain(`\n  ${airport} `);
  });
});

it("runs again to the same bytes, and takes a parameter", async () => {
  const again = mkdtempSync(join(tmpdir(), "glacier-flights-"));
  try {
    await pipeline.run({ executor: new LocalExecutor({ storage: again }) });
    expect(Object.keys(result.datasets)).toHaveLength(10);
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
