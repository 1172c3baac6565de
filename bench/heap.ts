/** What of memory an isolate's objects take, asked of its debugger after a collection. */

/** Bytes in use in the isolate of Worker `name`, whose process has its debugger at `port`. */
export async function heapBytes(port: number, name: string): Promise<number> {
	const targets = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as readonly {
		readonly webSocketDebuggerUrl: string;
	}[];
	const url = targets.find(({ webSocketDebuggerUrl }) => webSocketDebuggerUrl.endsWith(`core:user:${name}`));
	if (url === undefined) throw new Error(`no isolate of ${name} at the debugger`);
	const socket = new WebSocket(url.webSocketDebuggerUrl);
	await new Promise<void>((done, fail) => {
		socket.addEventListener("open", () => done());
		socket.addEventListener("error", () => fail(new Error("the debugger does not answer")));
	});
	const ask = (id: number, method: string): Promise<Readonly<Record<string, unknown>>> =>
		new Promise((done) => {
			const hear = ({ data }: MessageEvent): void => {
				const answer = JSON.parse(String(data)) as { readonly id?: number; readonly result?: Record<string, unknown> };
				if (answer.id !== id) return;
				socket.removeEventListener("message", hear);
				done(answer.result ?? {});
			};
			socket.addEventListener("message", hear);
			socket.send(JSON.stringify({ id, method }));
		});
	await ask(1, "HeapProfiler.enable");
	await ask(2, "HeapProfiler.collectGarbage");
	const usage = await ask(3, "Runtime.getHeapUsage");
	socket.close();
	return Number(usage["usedSize"]);
}
