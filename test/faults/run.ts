import { alertUnderKills } from "./alerting.ts";
import { cleanUpAtExit } from "./processes.ts";
cleanUpAtExit();
const t = performance.now();
const f = await alertUnderKills(Number(process.argv[2] ?? 3), Number(process.argv[3] ?? 1));
console.log(f, performance.now() - t);
