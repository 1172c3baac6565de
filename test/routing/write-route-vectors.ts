/** Writes vectors/routes.json: what amtool says of random trees. Run by hand, where amtool is installed. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { AmtoolFile } from "./amtool.ts";
import { random, randomConfig, randomLabels } from "./generate.ts";

const next = random(25);
const trees = Array.from({ length: 25 }, () => {
	const config = randomConfig(next);
	const file = new AmtoolFile(config);
	const cases = Array.from({ length: 8 }, () => {
		const labels = randomLabels(next);
		return { labels, receivers: file.receivers(labels) };
	});
	file.close();
	return { config, cases };
});
writeFileSync(join(import.meta.dirname, "vectors/routes.json"), `${JSON.stringify(trees, null, "\t")}\n`);
