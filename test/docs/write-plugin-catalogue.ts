/** `npm run docs:plugins`: writes the catalogue of the bundled plugins from their definitions. */
import { writeFileSync } from "node:fs";
import { catalogueFile, pluginCatalogue } from "./plugin-catalogue.js";

writeFileSync(catalogueFile, pluginCatalogue());
console.info(catalogueFile);
