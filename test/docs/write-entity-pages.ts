/** `npm run docs:entities`: writes the pages about entities from their definitions. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { entityPages, folder } from "./entity-pages.js";

const target = fileURLToPath(new URL(`../../${folder}/`, import.meta.url));
const pages = entityPages();

mkdirSync(target, { recursive: true });
for (const file of readdirSync(target)) if (!pages.has(file)) rmSync(`${target}${file}`);
for (const [file, text] of pages) writeFileSync(`${target}${file}`, text);
console.info(`${pages.size} pages in ${folder}`);
