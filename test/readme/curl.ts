/** Reads the curl commands of a document and makes requests of them. Knows the options that the document uses, no others. */

export type Variables = Readonly<Record<string, string>>;

/** Every curl command of the shell blocks, in order, each as its words. */
export function curlCommands(document: string): readonly (readonly string[])[] {
	const blocks = [...document.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((found) => found[1] as string);
	const lines = blocks
		.join("\n")
		.replaceAll(/\\\n\s*/g, " ")
		.split("\n");
	return lines.filter((line) => line.startsWith("curl ")).map((line) => words(line).slice(1));
}

/** The words of a line as a shell has them: quotes taken off, nothing expanded yet within single ones. */
function words(line: string): readonly string[] {
	return [...line.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => {
		return word.replaceAll(/"([^"]*)"|'([^']*)'/g, (_, double, single) => double ?? single.replaceAll("$", "\u0000"));
	});
}

/** The request of one command. `files` are those that it may send with `@`. */
export function requestOf(command: readonly string[], variables: Variables, files: Variables): Request {
	const rest = [...command];
	const expand = (word: string) =>
		word.replaceAll(/\$([A-Z]+)/g, (_, name: string) => known(variables, name)).replaceAll("\u0000", "$");
	const next = () => expand(rest.shift() ?? "");
	let [method, url, isGet]: [string, string, boolean] = ["", "", false];
	const headers = new Headers();
	const data: string[] = [];
	while (rest.length > 0) {
		const option = next();
		if (option === "-X") method = next();
		else if (option === "-G") isGet = true;
		else if (option === "-H") {
			const [name, value] = next().split(/:\s*/, 2) as [string, string];
			headers.set(name, value);
		} else if (option === "-d") data.push(next());
		else if (option === "--data-urlencode")
			data.push(next().replace(/=(.*)$/s, (_, value) => `=${encodeURIComponent(value)}`));
		else if (option === "--data-binary") data.push(known(files, next().slice(1)));
		else if (option.startsWith("-")) throw new Error(`the option ${option} is not known here`);
		else url = option;
	}
	const body = data.join("&");
	if (isGet) return new Request(`${url}?${body}`, { headers });
	return new Request(url, { method: method || (body === "" ? "GET" : "POST"), headers, ...(body !== "" && { body }) });
}

function known(from: Variables, name: string): string {
	const value = from[name];
	if (value === undefined) throw new Error(`'${name}' is not known here`);
	return value;
}
