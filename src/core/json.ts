/** @file Plain JSON data: what options of layers, losses and optimizers are kept as. */

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}
