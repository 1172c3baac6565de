/** Blots secrets out of what is shown, by the names of their keys. An address with a token in it (a webhook's URL) is one. */

/** What stands in the place of a secret. */
export const BLOT = "<secret>";

const SECRET_KEY =
	/token|secret|password|passwd|credential|auth|signature|cookie|webhook|ur[li]$|(?:^|[-_.]|[a-z])key$/i;
/** Whatever its key is called: a link may hold a token anywhere. */
const LINK = /^[a-z][a-z0-9+.-]*:\/\//i;

/** The same value with every secret blotted out. Its depth is bounded by whoever parsed it. */
export function blotSecrets(value: unknown, key = ""): unknown {
	if (value === null || value === "" || typeof value === "boolean") return value;
	if (typeof value === "object") {
		if (Array.isArray(value)) return value.map((one) => blotSecrets(one, key));
		return Object.fromEntries(
			Object.entries(value).map(([name, one]) => [name, blotSecrets(one, isSecret(key) ? key : name)]),
		);
	}
	if (isSecret(key)) return BLOT;
	return typeof value === "string" && LINK.test(value) ? BLOT : value;
}

/** Whether somebody sends back what an answer showed in the place of a secret. */
export function holdsBlot(value: unknown): boolean {
	if (typeof value === "string") return value === BLOT;
	return typeof value === "object" && value !== null && Object.values(value).some(holdsBlot);
}

function isSecret(key: string): boolean {
	return SECRET_KEY.test(key);
}
