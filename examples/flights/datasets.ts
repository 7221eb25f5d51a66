import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Dataset, type InvalidRow, json, ndjson, storage, text } from "@glacier/core";
import { csv, parquet } from "@glacier/formats";
import { z } from "zod";

const tables = findTables();
const table = (key: string) => storage.localFs({ basePath: tables, key });

const iata = z.string().min(3).max(4);
/** The tables write NA for what they don't know. */
const known = z.string().refine((text) => text !== "NA", "is not known");

// What comes in.

const RawFlight = z.object({
  date: z.string(),
  delay: z.number(),
  distance: z.number(),
  origin: iata,
  destination: iata,
});
/** 20,000 flights in the USA, January to March 2001; delay in minutes, distance in miles. */
export const rawFlights = new Dataset("raw_flights", {
  schema: z.array(RawFlight),
  format: json(),
  storage: table("flights-20k.json"),
});

const RawAirport = z.object({
  iata,
  name: z.string(),
  city: known,
  state: known,
  country: z.string(),
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
});
export const rawAirports = new Dataset("raw_airports", {
  schema: RawAirport,
  format: csv(),
  storage: table("airports.csv"),
});

const RawWeather = z.object({
  location: z.string(),
  date: z.date(),
  precipitation: z.number().nonnegative(),
  temp_max: z.number(),
  temp_min: z.number(),
  wind: z.number(),
  weather: z.enum(["drizzle", "fog", "rain", "snow", "sun"]),
});
/** Daily weather of Seattle and New York, 2012 to 2015; precipitation in mm, temperatures in °C. */
export const rawWeather = new Dataset("raw_weather", {
  schema: RawWeather,
  format: csv(),
  storage: table("weather.csv"),
});

// What is made of it.

export const airports = new Dataset("airports", { schema: RawAirport.omit({ country: true }), format: parquet() });
/** Airports whose city the table doesn't know, each with what is wrong with it. */
export const oddAirports = new Dataset("odd_airports", { format: ndjson<InvalidRow>() });

const Flight = z.object({
  departure: z.date(),
  delay: z.int(),
  distance: z.int(),
  origin: iata,
  destination: iata,
});
export const flights = new Dataset("flights", { schema: Flight, format: parquet() });

const Leg = Flight.extend({
  originCity: z.string().nullable(),
  originState: z.string().nullable(),
  destinationCity: z.string().nullable(),
});
export const legs = new Dataset("legs", { schema: Leg, format: parquet() });

const Climate = z.object({
  city: z.string(),
  month: z.int(),
  days: z.int(),
  wetShare: z.number(),
  highest: z.number(),
});
/** What a month is usually like in a city: the share of wet days, the mean of the daily highest temperatures in °C. */
export const climate = new Dataset("climate", { schema: z.array(Climate) });

const AirportDelay = z.object({
  airport: iata,
  city: z.string().nullable(),
  departures: z.int(),
  minutes: z.int(),
  meanDelay: z.number(),
  late: z.number(),
});
/** Delays by airport of departure; `minutes` are all of them, `late` is the share that left 15 minutes late or later. */
export const airportDelays = new Dataset("airport_delays", { schema: AirportDelay, format: parquet() });

/** `meanDelay` is null where too few flights left to tell. */
const HourDelay = z.object({ hour: z.int(), departures: z.int(), meanDelay: z.number().nullable() });
export const hourDelays = new Dataset("hour_delays", { schema: HourDelay, format: csv() });

const Route = z.object({ origin: iata, destination: iata, flights: z.int(), distance: z.int() });
export const routes = new Dataset("routes", { schema: z.array(Route) });

const WetMonth = z.object({
  city: z.string(),
  month: z.int(),
  wetShare: z.number(),
  departures: z.int(),
  meanDelay: z.number(),
});
export const wetMonths = new Dataset("wet_months", { schema: z.array(WetMonth) });

const SureHourDelay = HourDelay.extend({ meanDelay: z.number() });
const Report = z.object({
  flights: z.int(),
  meanDelay: z.number(),
  worstAirports: z.array(AirportDelay),
  bestHour: SureHourDelay,
  worstHour: SureHourDelay,
  busiestRoutes: z.array(Route),
  weather: z.array(WetMonth),
});
export type Report = z.infer<typeof Report>;
export const report = new Dataset("report", { schema: Report });
/** The report for people. */
export const summary = new Dataset("summary", { format: text() });

/** The folder of real tables that npm's vega-datasets brings. In a cloud, which has no such folder, bindings say where they are. */
function findTables(): string {
  try {
    return join(dirname(fileURLToPath(import.meta.resolve("vega-datasets"))), "..", "data");
  } catch {
    return "data";
  }
}
