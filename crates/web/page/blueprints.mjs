// @ts-check
// The blueprints that this page was built with.
import { asset } from "./assets.mjs";

/** @typedef {{name: string, title: string, summary?: string, difficulty?: string, scenarios: {name: string, title?: string}[], source: string}} Blueprint */

/** The blueprints beside the page, or in it; none where they cannot be read. @returns {Promise<Blueprint[]>} */
export async function blueprints() {
  try {
    return await (await asset("blueprints.json")).json();
  } catch {
    return [];
  }
}
