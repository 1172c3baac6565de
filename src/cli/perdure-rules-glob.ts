/** Paths with `*`, `?` and `[a-z]` in them, as Go's filepath.Glob reads them: none of these matches a slash. Reads folders, no files. */
import { existsSync, readdirSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { RULE_TEST_FILES_MAX } from "../model/limits.ts";

const MAGIC = /[*?[\\]/;

/** The paths that exist, in the order of their names; a pattern without any of the signs is a path. */
export function glob(pattern: string): readonly string[] {
	if (!MAGIC.test(pattern)) return existsSync(pattern) ? [pattern] : [];
	const parts = pattern.split("/");
	let found = [isAbsolute(pattern) ? "/" : ""];
	for (const part of parts.filter((one) => one !== "")) {
		found = found.flatMap((folder) => (MAGIC.test(part) ? matching(folder, part) : existing(folder, part)));
		if (found.length > RULE_TEST_FILES_MAX) return found.slice(0, RULE_TEST_FILES_MAX);
	}
	return found;
}

function existing(folder: string, name: string): string[] {
	const path = folder === "" && name === ".." ? name : join(folder, name);
	return existsSync(path) ? [path] : [];
}

function matching(folder: string, pattern: string): string[] {
	const test = patternOf(pattern);
	try {
		const names = readdirSync(folder === "" ? "." : folder).toSorted();
		return names.filter((name) => test.test(name)).map((name) => join(folder, name));
	} catch {
		return []; // It is no folder, or one that may not be read: nothing matches.
	}
}

function patternOf(pattern: string): RegExp {
	const source = pattern.replaceAll(
		/\\(.)|(\*)|(\?)|(\[\^?[^\]]+\])|([^*?[\\])/gsu,
		(_, escaped, star, one, set, char) => {
			if (star !== undefined) return "[^/]*";
			if (one !== undefined) return "[^/]";
			if (set !== undefined) return String(set).replaceAll("\\", "\\\\");
			return String(escaped ?? char).replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&");
		},
	);
	return new RegExp(`^${source}$`, "su");
}
