/** The groups of alerts, and what each target was told of them last: all SQL of them. */
import { fromBase64, toBase64 } from "../../lib/base64.ts";
import type { Labels } from "../../model/labels.ts";
import type { Told } from "./news.ts";

/** Somebody has taken a group on: no word of it until it is over, or gets worse. */
export type Acknowledgement = {
	readonly by: string;
	readonly comment: string;
	readonly atMs: number;
	/** Keys of what fired then. */
	readonly firing: ReadonlySet<string>;
};

/** What of a group has to survive, beside its members. */
export type GroupRow = {
	readonly id: number;
	/** `{}/{severity="critical"}:{alertname="X"}`. */
	readonly key: string;
	readonly routeKey: string;
	readonly labels: Labels;
	/** Its first flush; all others follow at whole intervals. */
	readonly anchorMs: number;
	readonly acknowledged: Acknowledgement | null;
	/** When its firing was first told; null: not yet, or it is over. Escalation counts from here. */
	readonly firstToldMs: number | null;
	/** Steps of the escalation that were taken. */
	readonly escalated: number;
	/** When its last messages were made, newest last: what flaps shows here. */
	readonly changesMs: readonly number[];
};

/** Up to when every group that was due was looked at, and which alerts there were then: those with smaller ids. */
export type Looked = { readonly untilMs: number; readonly nextAlertId: number };

export type ToldRow = Told & { readonly id: number; readonly groupId: number; readonly target: string };

/** As it stands in the table: keys packed, in base64. */
type StoredRow = Omit<GroupRow, "id" | "acknowledged"> & {
	readonly acknowledged: (Omit<Acknowledgement, "firing"> & { readonly firing: string }) | null;
};

const KEY_BYTES = 8;

export class GroupRows {
	readonly #sql: SqlStorage;

	constructor(sql: SqlStorage) {
		this.#sql = sql;
	}

	load(): GroupRow[] {
		const rows = this.#sql.exec<{ id: number; body: string }>("SELECT id, body FROM groups ORDER BY id").toArray();
		return rows.map(({ id, body }) => {
			const stored = JSON.parse(body) as StoredRow;
			const { acknowledged } = stored;
			if (acknowledged === null) return { ...stored, acknowledged, id };
			return { ...stored, acknowledged: { ...acknowledged, firing: unpackKeys(fromBase64(acknowledged.firing)) }, id };
		});
	}

	save({ id, ...row }: GroupRow): void {
		const { acknowledged } = row;
		const packed = acknowledged && { ...acknowledged, firing: toBase64(packKeys(acknowledged.firing)) };
		const body: StoredRow = { ...row, acknowledged: packed };
		this.#sql.exec(
			"INSERT INTO groups (id, body) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
			id,
			JSON.stringify(body),
		);
	}

	/** `told`: the ids of its rows in `told`, where they are known: there is no index to find them by. */
	delete(id: number, told: readonly number[] | null = null): void {
		this.#sql.exec("DELETE FROM groups WHERE id = ?", id);
		if (told === null) this.#sql.exec("DELETE FROM told WHERE group_id = ?", id);
		for (const one of told ?? []) this.#sql.exec("DELETE FROM told WHERE id = ?", one);
	}

	/** Of the routes under which groups were made; null: none were. */
	loadRouted(): string | null {
		return this.#sql.exec<{ fingerprint: string }>("SELECT fingerprint FROM routed").toArray()[0]?.fingerprint ?? null;
	}

	saveRouted(fingerprint: string): void {
		this.#sql.exec(
			`INSERT INTO routed (id, fingerprint) VALUES (1, ?)
			ON CONFLICT (id) DO UPDATE SET fingerprint = excluded.fingerprint WHERE fingerprint <> excluded.fingerprint`,
			fingerprint,
		);
	}

	loadLooked(): Looked {
		type Row = { until_ms: number; next_alert_id: number };
		const row = this.#sql.exec<Row>("SELECT until_ms, next_alert_id FROM looked").toArray()[0];
		return { untilMs: row?.until_ms ?? 0, nextAlertId: row?.next_alert_id ?? 0 };
	}

	saveLooked({ untilMs, nextAlertId }: Looked): void {
		this.#sql.exec(
			`INSERT INTO looked (id, until_ms, next_alert_id) VALUES (1, ?, ?)
			ON CONFLICT (id) DO UPDATE SET until_ms = excluded.until_ms, next_alert_id = excluded.next_alert_id`,
			untilMs,
			nextAlertId,
		);
	}

	loadTold(): ToldRow[] {
		type Row = {
			id: number;
			group_id: number;
			target: string;
			at_ms: number;
			firing: ArrayBuffer;
			resolved: ArrayBuffer;
		};
		const rows = this.#sql.exec<Row>("SELECT id, group_id, target, at_ms, firing, resolved FROM told").toArray();
		return rows.map((row) => ({
			id: row.id,
			groupId: row.group_id,
			target: row.target,
			atMs: row.at_ms,
			firing: unpackKeys(new Uint8Array(row.firing)),
			resolved: unpackKeys(new Uint8Array(row.resolved)),
		}));
	}

	saveTold(row: ToldRow): void {
		this.#sql.exec(
			`INSERT INTO told (id, group_id, target, at_ms, firing, resolved) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET at_ms = excluded.at_ms, firing = excluded.firing, resolved = excluded.resolved`,
			row.id,
			row.groupId,
			row.target,
			row.atMs,
			packKeys(row.firing),
			packKeys(row.resolved),
		);
	}
}

/** Keys as bytes: a group of a hundred thousand alerts stays below the largest row. */
function packKeys(keys: ReadonlySet<string>): Uint8Array {
	const bytes = new Uint8Array(keys.size * KEY_BYTES);
	const view = new DataView(bytes.buffer);
	let at = 0;
	for (const key of keys) {
		view.setBigUint64(at, BigInt(`0x${key}`));
		at += KEY_BYTES;
	}
	return bytes;
}

function unpackKeys(bytes: Uint8Array): Set<string> {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const keys = new Set<string>();
	for (let at = 0; at + KEY_BYTES <= bytes.byteLength; at += KEY_BYTES) {
		keys.add(
			view
				.getBigUint64(at)
				.toString(16)
				.padStart(2 * KEY_BYTES, "0"),
		);
	}
	return keys;
}
