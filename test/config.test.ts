/** Settings of a deployment. */
import { describe, expect, it } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { parseConfig, RELEASE } from "../src/config.ts";
import { COMMIT_EVERY_MS_MAX } from "../src/model/limits.ts";

describe("settings", () => {
	it("have defaults", () => {
		expect(parseConfig({})).toEqual({
			serviceName: "perdure",
			environment: "production",
			development: false,
			publicMetrics: false,
			commitEveryMs: 100,
			adminTokenHash: null,
			adminToken: null,
			language: "en",
			externalUrl: "",
			grafanaUser: null,
			grafanaPass: null,
			grafanaSecret: null,
			grafanaTimestampHeader: "x-grafana-alerting-timestamp",
			versionId: null,
			problems: [],
		});
	});

	it("are read as they are given", () => {
		const hash = "AB".repeat(32);
		const config = parseConfig({
			COMMIT_EVERY_MS: "0",
			PUBLIC_METRICS: "true",
			ADMIN_TOKEN_HASH: hash,
			VERSION: { id: "v1" },
		});
		expect(config).toMatchObject({
			commitEveryMs: 0,
			publicMetrics: true,
			adminTokenHash: hash.toLowerCase(),
			versionId: "v1",
		});
	});

	it("that are wrong give way to their defaults, and are named without their values", () => {
		const config = parseConfig({
			COMMIT_EVERY_MS: String(COMMIT_EVERY_MS_MAX + 1),
			DEVELOPMENT: "yes",
			ADMIN_TOKEN: "s3cret",
		});
		expect(config).toMatchObject({ commitEveryMs: 100, development: false, adminToken: null });
		expect(config.problems).toHaveLength(3);
		expect(config.problems.join()).not.toContain("s3cret");
	});

	it("name the release that package.json names", () => {
		expect(RELEASE).toBe(manifest.version);
	});
});
