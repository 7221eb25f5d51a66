export { type StorageCase, type StorageSuiteOptions, testStorage } from "./test-storage.ts";
