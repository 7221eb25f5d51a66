import { task } from "@glacier/core";
import { z } from "zod";
import {
  airportDelays,
  airports,
  climate,
  flights,
  hourDelays,
  legs,
  oddAirports,
  type Report,
  rawAirports,
  rawFlights,
  rawWeather,
  report,
  routes,
  summary,
  wetMonths,
} from "./datasets.ts";

/** Rows that don't match the schema are put aside, into a dataset of their own, instead of ending the run. */
export const cleanAirports = task(
  "clean_airports",
  { inputs: { rawAirports }, output: airports, onInvalid: oddAirports },
  async function* ({ rawAirports }) {
    for await (const { country, ...airport } of rawAirports) if (country === "USA") yield airport;
  },
);

export const cleanFlights = task(
  "clean_flights",
  { inputs: { rawFlights }, output: flights },
  function* ({ rawFlights }) {
    for (const { date, ...flight } of rawFlights) {
      // "2001/01/14 21:55" is local time at the airport; kept as it reads, as if it were UTC.
      yield { ...flight, departure: new Date(`${date.replaceAll("/", "-").replace(" ", "T")}:00Z`) };
    }
  },
);

export const describeClimate = task(
  "describe_climate",
  { inputs: { rawWeather }, output: climate },
  async ({ rawWeather }) => {
    const months = new Map<string, { city: string; month: number; days: number; wet: number; highest: number }>();
    for await (const { location: city, date, precipitation, temp_max } of rawWeather) {
      const month = date.getUTCMonth() + 1;
      const of = getOrAdd(months, `${city} ${month}`, () => ({ city, month, days: 0, wet: 0, highest: 0 }));
      of.days++;
      of.highest += temp_max;
      if (precipitation > 0) of.wet++;
    }
    return [...months.values()].map(({ city, month, days, wet, highest }) => ({
      city,
      month,
      days,
      wetShare: rounded(wet / days),
      highest: rounded(highest / days),
    }));
  },
);

export const locate = task(
  "locate",
  { inputs: { flights, airports }, output: legs, retries: 2 },
  async function* ({ flights, airports }, { log }) {
    // The small side in memory, the large one as a stream.
    const byCode = new Map((await airports.toArray()).map((airport) => [airport.iata, airport]));
    let unknown = 0;
    for await (const flight of flights) {
      const origin = byCode.get(flight.origin);
      const destination = byCode.get(flight.destination);
      if (origin === undefined || destination === undefined) unknown++;
      yield {
        ...flight,
        originCity: origin?.city ?? null,
        originState: origin?.state ?? null,
        destinationCity: destination?.city ?? null,
      };
    }
    log.info("flights from or to an airport that is not in the table", { unknown });
  },
);

export const delaysByAirport = task(
  "delays_by_airport",
  { inputs: { legs }, output: airportDelays },
  async ({ legs }) => {
    const found = new Map<string, { city: string | null; departures: number; delay: number; late: number }>();
    for await (const { origin, originCity: city, delay } of legs) {
      const airport = getOrAdd(found, origin, () => ({ city, departures: 0, delay: 0, late: 0 }));
      airport.departures++;
      airport.delay += delay;
      if (delay >= 15) airport.late++;
    }
    return [...found]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([airport, { city, departures, delay, late }]) => ({
        airport,
        city,
        departures,
        minutes: delay,
        meanDelay: rounded(delay / departures),
        late: rounded(late / departures),
      }));
  },
);

export const delaysByHour = task("delays_by_hour", { inputs: { legs }, output: hourDelays }, async ({ legs }) => {
  const hours = Array.from({ length: 24 }, (_, hour) => ({ hour, departures: 0, delay: 0 }));
  for await (const { departure, delay } of legs) {
    const of = hours[departure.getUTCHours()];
    if (of === undefined) continue;
    of.departures++;
    of.delay += delay;
  }
  return hours.map(({ hour, departures, delay }) => ({
    hour,
    departures,
    meanDelay: departures < enough ? null : rounded(delay / departures),
  }));
});

export const busiestRoutes = task(
  "busiest_routes",
  { inputs: { legs }, output: routes, params: z.object({ top: z.int().positive().default(10) }) },
  async ({ legs }, { params }) => {
    const found = new Map<string, { origin: string; destination: string; flights: number; distance: number }>();
    for await (const { origin, destination, distance } of legs) {
      getOrAdd(found, `${origin} ${destination}`, () => ({ origin, destination, flights: 0, distance })).flights++;
    }
    const order = (
      [a, { flights: m }]: [string, { flights: number }],
      [b, { flights: n }]: [string, { flights: number }],
    ) => n - m || (a < b ? -1 : 1);
    return [...found]
      .sort(order)
      .slice(0, params.top)
      .map(([, route]) => route);
  },
);

/** Do flights leave later from a city in a month that is usually wet? */
export const compareWeather = task(
  "compare_weather",
  { inputs: { legs, climate }, output: wetMonths },
  async ({ legs, climate }) => {
    const found = new Map(
      climate.map(({ city, month, wetShare }) => [
        `${city} ${month}`,
        { city, month, wetShare, departures: 0, delay: 0 },
      ]),
    );
    for await (const { originCity, departure, delay } of legs) {
      const month = found.get(`${originCity} ${departure.getUTCMonth() + 1}`);
      if (month === undefined) continue;
      month.departures++;
      month.delay += delay;
    }
    return [...found.values()]
      .filter(({ departures }) => departures > 0)
      .sort((a, b) => b.wetShare - a.wetShare)
      .map(({ delay, ...month }) => ({ ...month, meanDelay: rounded(delay / month.departures) }));
  },
);

/** Fan-in: the end of all four ways that begin at `legs`. */
export const writeReport = task(
  "write_report",
  { inputs: { airportDelays, hourDelays, routes, wetMonths }, output: { report, summary } },
  async ({ airportDelays, hourDelays, routes, wetMonths }) => {
    const airports = await airportDelays.toArray();
    const hours = (await hourDelays.toArray())
      .flatMap(({ meanDelay, ...hour }) => (meanDelay === null ? [] : [{ ...hour, meanDelay }]))
      .sort((a, b) => a.meanDelay - b.meanDelay);
    const [bestHour] = hours;
    const worstHour = hours.at(-1);
    if (bestHour === undefined || worstHour === undefined)
      throw new Error(`no hour has ${enough} departures: is the flights table whole?`);
    const flights = airports.reduce((sum, { departures }) => sum + departures, 0);
    const minutes = airports.reduce((sum, { minutes }) => sum + minutes, 0);
    const content = {
      flights,
      meanDelay: rounded(minutes / flights),
      worstAirports: airports
        .filter(({ departures }) => departures >= enough)
        .sort((a, b) => b.meanDelay - a.meanDelay)
        .slice(0, 5),
      bestHour,
      worstHour,
      busiestRoutes: routes,
      weather: wetMonths,
    };
    return { report: content, summary: inWords(content) };
  },
);

/** Departures that a mean needs to say something. */
const enough = 100;

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

function inWords({ flights, meanDelay, worstAirports, bestHour, worstHour, busiestRoutes, weather }: Report): string {
  const line = (name: string, ...[departures, meanDelay, share]: [number, number, number]) =>
    `  ${name.padEnd(22)}${String(departures).padStart(10)}${meanDelay.toFixed(1).padStart(12)}${`${Math.round(share * 100)}%`.padStart(18)}`;
  const monthName = (month: number) =>
    new Date(Date.UTC(2001, month - 1)).toLocaleString("en", { month: "long", timeZone: "UTC" });
  const routes = busiestRoutes.map(({ origin, destination, flights }) => `${origin} to ${destination} (${flights})`);
  return [
    `${flights.toLocaleString("en")} flights left ${meanDelay.toFixed(1)} minutes late on average:`,
    `least at ${bestHour.hour}:00 (${bestHour.meanDelay.toFixed(1)}), most at ${worstHour.hour}:00 (${worstHour.meanDelay.toFixed(1)}).`,
    "",
    "Latest departures       departures  mean delay  15 min and later",
    ...worstAirports.map(({ airport, city, departures, meanDelay, late }) =>
      line(`${airport} ${city ?? ""}`, departures, meanDelay, late),
    ),
    "",
    "Wettest months          departures  mean delay      days of rain",
    ...weather.map(({ city, month, departures, meanDelay, wetShare }) =>
      line(`${city}, ${monthName(month)}`, departures, meanDelay, wetShare),
    ),
    "",
    `Busiest routes: ${routes.slice(0, 3).join(", ")}.`,
    "",
  ].join("\n");
}

/** Three decimals are more than these tables can tell. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
