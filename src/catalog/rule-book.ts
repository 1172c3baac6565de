/**
 * The rules, the homes of their states, and the homes that still have to hear of a change. A home is chosen once and stays: with it
 * would go the alert's timer and what was told. Each change is one transaction.
 */
import { err, ok, type Result } from "../lib/result.ts";
import { type Failure, invalid } from "../model/errors.ts";
import {
	GROUP_INTERVAL_MS_MIN,
	ROW_BYTES_MAX,
	RULE_FILE_BYTES_MAX,
	RULE_GROUPS_MAX,
	RULES_CHARS_MAX,
	RULES_MAX,
	RULES_PER_GROUP_MAX,
	UNSETTLED_HOMES_MAX,
} from "../model/limits.ts";
import { ownHome, type RuleGroup, rulesInOrder, type StoredRuleGroup } from "../model/rule.ts";
import * as storage from "./storage.ts";
import { homeOf, homesOf } from "./tick-plan.ts";

type Kept = storage.GroupRow & { readonly chars: number };

export class RuleBook {
	readonly #storage: DurableObjectStorage;
	readonly #groups: Map<string, Kept>;
	readonly #unsettled: Map<string, number>;
	#version: number;
	#homes: ReadonlyMap<string, readonly string[]> | null = null;

	constructor(durable: DurableObjectStorage) {
		this.#storage = durable;
		const rows = storage.loadGroups(durable.sql);
		this.#groups = new Map(rows.map((row) => [row.group.name, { ...row, chars: charsOf(textOf(row.group)) }]));
		this.#unsettled = storage.loadUnsettled(durable.sql);
		this.#version = Number(storage.loadMeta(durable.sql, "rules_version") ?? 0);
	}

	/** Grows with every change of any group, and stays when groups go. 0: there never was one. */
	get version(): number {
		return this.#version;
	}

	list(): StoredRuleGroup[] {
		return [...this.#groups.values()].map((kept) => kept.group);
	}

	/** Every home, and the ids of all rules that live there. */
	homes(): ReadonlyMap<string, readonly string[]> {
		this.#homes ??= homesOf(this.list());
		return this.#homes;
	}

	/** The intervals of all groups, once each. */
	intervalsMs(): ReadonlySet<number> {
		return new Set([...this.#groups.values()].map((kept) => kept.group.intervalMs));
	}

	/** Homes to be asked at the next tick whatever is due there. */
	unsettled(): Iterable<string> {
		return this.#unsettled.keys();
	}

	/** Stores a group. What is stored already, word for word, changes nothing. */
	put(
		group: RuleGroup,
		proposedHomes: Readonly<Record<string, string>>,
		source: string,
		nowMs: number,
	): Result<StoredRuleGroup, Failure> {
		const known = this.#groups.get(group.name);
		const text = textOf(group);
		if (known !== undefined && isSame(known.group, group, text, source)) return ok(known.group);
		const refused = this.#refusal(group, text, source, known);
		if (refused !== null) return err(refused);
		const homes: Record<string, string> = {};
		for (const { id } of rulesInOrder(group)) homes[id] = known?.group.homes[id] ?? proposedHomes[id] ?? ownHome(id);
		const version = this.#version + 1;
		const stored: StoredRuleGroup = { ...group, version, updatedMs: nowMs, homes, source };
		const row = { id: known?.id ?? this.#nextId(), group: stored };
		const left = known === undefined ? [] : homesLeft(known.group, stored);
		this.#storage.transactionSync(() => {
			storage.saveGroup(this.#storage.sql, row, text.rules, text.recordings);
			this.#saveVersion(version, left);
		});
		this.#groups.set(group.name, { ...row, chars: charsOf(text) });
		this.#tookEffect(version, left);
		return ok(stored);
	}

	/** Whether there was such a group. The states of its rules are ended at the next tick. */
	delete(name: string): boolean {
		const known = this.#groups.get(name);
		if (known === undefined) return false;
		const version = this.#version + 1;
		const left = homesLeft(known.group, null);
		this.#storage.transactionSync(() => {
			storage.deleteGroup(this.#storage.sql, known.id);
			this.#saveVersion(version, left);
		});
		this.#groups.delete(name);
		this.#tookEffect(version, left);
		return true;
	}

	/**
	 * What a tick says of the homes it asked: those in `unsettled` are to be asked again, the others have heard of the rules of
	 * `rulesVersion`. `asked` is null when nobody remembers whom it asked: then nobody is struck off.
	 */
	settle(asked: ReadonlySet<string> | null, unsettled: Iterable<string>, rulesVersion: number): void {
		const again = new Set(unsettled);
		this.#storage.transactionSync(() => {
			for (const home of again) {
				if (this.#unsettled.has(home) || this.#unsettled.size >= UNSETTLED_HOMES_MAX) continue;
				storage.saveUnsettled(this.#storage.sql, home, rulesVersion);
				this.#unsettled.set(home, rulesVersion);
			}
			for (const [home, sinceVersion] of this.#unsettled) {
				if (asked === null || !asked.has(home) || again.has(home) || sinceVersion > rulesVersion) continue;
				storage.deleteUnsettled(this.#storage.sql, home);
				this.#unsettled.delete(home);
			}
		});
	}

	#refusal(group: RuleGroup, text: Text, source: string, known: Kept | undefined): Failure | null {
		const kept = [...this.#groups.values()];
		const rules = rulesInOrder(group).length;
		const otherRules =
			kept.reduce((sum, one) => sum + rulesInOrder(one.group).length, 0) -
			(known === undefined ? 0 : rulesInOrder(known.group).length);
		const otherChars = kept.reduce((sum, one) => sum + one.chars, 0) - (known?.chars ?? 0);
		const others = kept.length - (known === undefined ? 0 : 1);
		const bytes = new TextEncoder().encode(text.rules + (text.recordings ?? "")).length;
		const sourceBytes = new TextEncoder().encode(source).length;
		if (!Number.isSafeInteger(group.intervalMs) || group.intervalMs < GROUP_INTERVAL_MS_MIN) {
			return invalid("interval", `must be at least ${GROUP_INTERVAL_MS_MIN} ms`);
		}
		const bounds: readonly (readonly [what: string, got: number, limit: number])[] = [
			["rule groups", others + 1, RULE_GROUPS_MAX],
			["rules of a group", rules, RULES_PER_GROUP_MAX],
			["rules", otherRules + rules, RULES_MAX],
			["characters of all rules", otherChars + charsOf(text), RULES_CHARS_MAX],
			["bytes of a group's rules", bytes, ROW_BYTES_MAX],
			["bytes of a group's text", sourceBytes, RULE_FILE_BYTES_MAX],
		];
		for (const [what, got, limit] of bounds) if (got > limit) return { code: "too_large", what, limit, got };
		if (this.#unsettled.size >= UNSETTLED_HOMES_MAX) {
			return { code: "overloaded", reason: "too many rules were changed since the last tick", retryAfterS: 60 };
		}
		return null;
	}

	#nextId(): number {
		let max = 0;
		for (const { id } of this.#groups.values()) if (id > max) max = id;
		return max + 1;
	}

	#saveVersion(version: number, left: readonly string[]): void {
		storage.saveMeta(this.#storage.sql, "rules_version", String(version));
		for (const home of left) storage.saveUnsettled(this.#storage.sql, home, version);
	}

	/** Memory follows storage, never the other way round. */
	#tookEffect(version: number, left: readonly string[]): void {
		this.#version = version;
		this.#homes = null;
		for (const home of left) this.#unsettled.set(home, version);
	}
}

/** The homes of rules that were in a group and are not any more: nothing may ever be due there again. */
function homesLeft(before: StoredRuleGroup, after: StoredRuleGroup | null): string[] {
	const left = rulesInOrder(before).filter((rule) => after === null || !Object.hasOwn(after.homes, rule.id));
	return [...new Set(left.map((rule) => homeOf(before, rule)))];
}

/** Both lists of rules as they are stored. */
type Text = { readonly rules: string; readonly recordings: string | null };

function textOf({ rules, recordings = [] }: RuleGroup): Text {
	return { rules: JSON.stringify(rules), recordings: recordings.length === 0 ? null : JSON.stringify(recordings) };
}

function charsOf({ rules, recordings }: Text): number {
	return rules.length + (recordings?.length ?? 0);
}

function isSame(known: StoredRuleGroup, group: RuleGroup, text: Text, source: string): boolean {
	const before = textOf(known);
	const isSameText = before.rules === text.rules && before.recordings === text.recordings;
	return known.intervalMs === group.intervalMs && known.source === source && isSameText;
}
