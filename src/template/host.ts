/** Hosts with ports, as Go's net package takes them apart. */

export type HostPort = { readonly host: string; readonly port: string };

/** `host:port`, `[host]:port`; null: it is neither. */
export function splitHostPort(text: string): HostPort | null {
	const bracketed = /^\[([^[\]]*)\]:([^:[\]]*)$/.exec(text);
	if (bracketed !== null) return { host: bracketed[1] as string, port: bracketed[2] as string };
	const plain = /^([^:[\]]*):([^:[\]]*)$/.exec(text);
	return plain === null ? null : { host: plain[1] as string, port: plain[2] as string };
}

/** The first part of a host's name, with the port if there is one; addresses stay as they are. */
export function withoutDomain(text: string): string {
	const split = splitHostPort(text);
	const host = split?.host ?? text;
	if (isAddress(host)) return text;
	const [name = ""] = host.split(".", 1);
	const port = split?.port ?? "";
	if (port === "") return name;
	return name.includes(":") ? `[${name}]:${port}` : `${name}:${port}`;
}

function isAddress(host: string): boolean {
	const octets = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(host)?.slice(1);
	if (octets !== undefined) return octets.every((octet) => Number(octet) <= 255 && !/^0\d/.test(octet));
	return host.includes(":") && !host.includes("%") && URL.canParse(`http://[${host}]/`);
}
