/** Two projects: pure rooms run in Node, whatever touches an object, D1, a queue or the network runs in workerd. */
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { startServices } from "./test/notify/channels/services-server.ts";
import { startReceiver, WEBHOOK_SECRET } from "./test/notify/receiver-server.ts";

/** Folders whose tests need workerd; all other tests run in Node, which is quicker to start. */
const WORKERD = [
	"peers",
	"metric",
	"catalog",
	"ingest",
	"query",
	"notify",
	"health",
	"jobs",
	"http",
	"db",
	"client-workerd",
	"readme",
];
const workerdTests = WORKERD.map((room) => `test/${room}/**/*.test.ts`);

export default defineConfig({
	// itty-router ships source maps that point outside its package: a warning for each file, of no use here.
	logLevel: "error",
	test: {
		// A slow machine is no mistake of ours: what hangs is still noticed.
		testTimeout: 30_000,
		hookTimeout: 60_000,
		expect: { poll: { timeout: 15_000 } },
		// By default one core is left idle, which on two is half of them.
		maxWorkers: 2,
		// Files share a process or a workerd (`isolate: false`): a start for each cost most of the time. What one leaves, the
		// setup file of the next clears; `npx vitest run --sequence.shuffle.files` shows whether they depend on one another.
		coverage: { provider: "istanbul", include: ["src/**/*.ts"], reporter: ["text"] },
		projects: [
			{
				extends: true,
				test: {
					name: "node",
					environment: "node",
					isolate: false,
					setupFiles: ["./test/fresh-modules.ts"],
					include: ["test/**/*.test.ts"],
					exclude: [...workerdTests, "test/faults/**"],
				},
			},
			{
				extends: true,
				plugins: [
					cloudflareTest(async () => ({
						main: "./test/entry.ts",
						remoteBindings: false,
						verbose: false,
						wrangler: { configPath: "./wrangler.toml" },
						miniflare: {
							compatibilityFlags: ["service_binding_extra_handlers"],
							bindings: {
								TEST_MIGRATIONS: await readD1Migrations("./migrations"),
								DEVELOPMENT: "true",
								RECEIVER_WEBHOOK_URL: await startReceiver(),
								RECEIVER_WEBHOOK_SECRET: WEBHOOK_SECRET,
								SERVICES_URL: await startServices(),
							},
							queueConsumers: { "perdure-deliveries": { maxBatchTimeout: 0.05 } },
						},
					})),
				],
				test: {
					name: "workerd",
					isolate: false,
					setupFiles: ["./test/fresh-workerd.ts"],
					include: workerdTests,
					// After the others, in random order too: to take turns is to start anew each time.
					sequence: { groupOrder: 1 },
				},
			},
		],
	},
});
