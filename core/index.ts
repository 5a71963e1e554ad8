/** The words everybody speaks. */

export * from "./certificate.ts";
export * from "./capacity.ts";
export * from "./coverage.ts";
export * from "./diagnostic.ts";
export * from "./engine.ts";
export * from "./exhibit.ts";
export * from "./load.ts";
export * from "./outcome.ts";
export * from "./property.ts";
export * from "./random.ts";
export * from "./result.ts";
export * from "./subject.ts";
export * from "./system.ts";
export * from "./temporal.ts";
export * from "./trace.ts";
export * from "./verdict.ts";
