/** What was uploaded: the configuration file and template files. All SQL of them; it reads none of what they say. */

export type StoredFile = { readonly name: string; readonly text: string; readonly updatedMs: number };

export const CONFIG_FILE = "alertmanager.yml";
/** Names of template files begin with it, so that none can take the configuration's place. */
export const TEMPLATE_PREFIX = "templates/";

export class Files {
	readonly #sql: SqlStorage;

	constructor(sql: SqlStorage) {
		this.#sql = sql;
	}

	get(name: string): StoredFile | null {
		return this.list().find((file) => file.name === name) ?? null;
	}

	list(): StoredFile[] {
		return this.#sql
			.exec<{ name: string; text: string; updated_ms: number }>(
				"SELECT name, text, updated_ms FROM files ORDER BY name",
			)
			.toArray()
			.map(({ name, text, updated_ms }) => ({ name, text, updatedMs: updated_ms }));
	}

	put(name: string, text: string, nowMs: number): void {
		this.#sql.exec(
			`INSERT INTO files (name, text, updated_ms) VALUES (?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET text = excluded.text, updated_ms = excluded.updated_ms`,
			name,
			text,
			nowMs,
		);
	}

	/** False: there was none. */
	delete(name: string): boolean {
		return this.#sql.exec("DELETE FROM files WHERE name = ?", name).rowsWritten > 0;
	}
}
