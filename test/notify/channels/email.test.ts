/** The mail that the binding gets, how a group's mails hang together, and what the service's codes mean. */
import { describe, expect, it } from "vitest";
import { emailChannel } from "../../../src/notify/channels/email.ts";
import { parseMailboxes } from "../../../src/notify/channels/email-address.ts";
import { alert, issuesOf, message, opened, sendOnce } from "./services.ts";

type Sent = Extract<Parameters<SendEmail["send"]>[0], { subject: string }>;
const base = { to: "ops@example.com", from: "Perdure <alerts@mail.example.com>" };

/** Sends one message through a binding that keeps it. */
async function sent(settings: object, one = message(), change = {}): Promise<Sent> {
	const kept: Sent[] = [];
	const email = { send: async (mail: Sent) => ({ messageId: String(kept.push(mail)) }) } as unknown as SendEmail;
	expect(await sendOnce(opened(emailChannel, { ...base, ...settings }, change), one, { email })).toEqual({
		kind: "delivered",
		httpStatus: null,
	});
	return kept[0] as Sent;
}

async function thrown(error: unknown) {
	const email = { send: async () => Promise.reject(error) } as unknown as SendEmail;
	return sendOnce(opened(emailChannel, base), message(), { email });
}

describe("the mail", () => {
	it("goes to all of to, cc and bcc, in HTML and in text", async () => {
		const mail = await sent({
			to: 'a@example.com, "B, C" <b@example.com>',
			cc: ["c@example.com"],
			bcc: "d@example.com",
			reply_to: "r@example.com",
		});
		expect(mail).toMatchObject({
			from: { name: "Perdure", email: "alerts@mail.example.com" },
			to: ["a@example.com", "b@example.com"],
			cc: ["c@example.com"],
			bcc: ["d@example.com"],
			replyTo: "r@example.com",
			subject: "[FIRING:1] HighErrorRate · critical",
		});
		for (const part of [mail.html ?? "", mail.text ?? ""]) {
			for (const said of [
				"One in ten requests fails",
				"5xx are 10 % of all requests.",
				"api",
				"0.123457",
				"Since 2026-01-01",
				"Sent by Perdure to ops",
			]) {
				expect(part).toContain(said);
			}
		}
		expect(mail.html).toContain('lang="en"');
		expect((await sent({ language: "zh" })).subject).toBe("【告警 1】HighErrorRate · critical");
	});

	it("hangs together with the others of its group, and sets no header that the service refuses", async () => {
		const first = await sent({});
		const second = await sent({}, message({ alerts: [alert({ status: "resolved" })] }));
		const other = await sent({}, message({ groupKey: "{}:{}" }));
		const thread = (mail: Sent) => mail.headers?.["References"];
		expect(thread(first)).toMatch(/^<[0-9a-f]{32}@mail\.example\.com>$/);
		expect(thread(second)).toBe(thread(first));
		expect(thread(other)).not.toBe(thread(first));
		expect(first.headers?.["In-Reply-To"]).toBe(thread(first));
		expect(first.headers).toMatchObject({
			"Auto-Submitted": "auto-generated",
			Importance: "high",
			"X-Perdure-Delivery": "msg_01",
		});
		expect(Object.keys(first.headers ?? {}).map((name) => name.toLowerCase())).not.toContain("message-id");
	});

	it("cannot be made to hold markup, scripts or further headers", async () => {
		const evil = "<script>alert(1)</script>\r\nBcc: x@evil.example\"'><img src=x onerror=y>";
		const mail = await sent(
			{ headers: { "X-Team": "{{ .CommonLabels.alertname }}" } },
			message({
				receiver: evil,
				alerts: [
					alert({
						labels: { alertname: evil, l: evil },
						annotations: { summary: evil, description: evil, runbook_url: 'https://e.com/"onmouseover="x' },
					}),
				],
			}),
		);
		expect(mail.html).not.toMatch(/<script|<img|"onmouseover/);
		expect(mail.subject).not.toMatch(/[\r\n]/);
		expect(mail.headers?.["X-Team"]).toMatch(/^<script>alert\(1\)<\/script> Bcc: x@evil/);
	});

	it("stays below what mail clients clip", async () => {
		const long = '漢<&>"'.repeat(3_000);
		const alerts = Array.from({ length: 1_000 }, (_, at) =>
			alert({ labels: { alertname: "x", at: `${at}${long}` }, annotations: { summary: `${at}`, description: long } }),
		);
		const mail = await sent({}, message({ alerts }));
		for (const part of [mail.html ?? "", mail.text ?? ""]) {
			expect(Buffer.byteLength(part)).toBeLessThanOrEqual(100_000);
			expect(part).toMatch(/and \d+ more/);
		}
		expect(mail.html).toMatch(/<\/html>$/);
		expect(mail.html).not.toMatch(/&(?!(amp|lt|gt|quot|nbsp|#39);)/);
	});

	it("is what the settings' templates make of it", async () => {
		const mail = await sent(
			{
				html: "<p>{{ .CommonLabels.alertname }}</p>",
				text: "",
				headers: { subject: "S\n{{ .Status }}", "Reply-To": "r@example.com", "X-A": "{{ .Status }}" },
			},
			message({ commonLabels: { alertname: "<b>" } }),
		);
		expect(mail).toMatchObject({ html: "<p>&lt;b&gt;</p>", subject: "S firing", replyTo: "r@example.com" });
		expect(mail).not.toHaveProperty("text");
		expect(mail.headers).toMatchObject({ "X-A": "firing" });
		const failed = await sent({ html: "{{ index .Alerts 99 }}" });
		expect(failed.html).toContain("A template could not be used");
		expect(failed.subject).toBe("[FIRING:1] HighErrorRate · critical");
	});
});

describe("the service", () => {
	it.each(["E_RATE_LIMIT_EXCEEDED", "E_DAILY_LIMIT_EXCEEDED", "E_INTERNAL_SERVER_ERROR", "E_DELIVERY_FAILED"])(
		"%s passes",
		async (code) => {
			const outcome = await thrown(Object.assign(new Error("to ops@example.com"), { code }));
			expect(outcome).toEqual({
				kind: "retry",
				why: code,
				httpStatus: null,
				retryAfterMs: code === "E_DAILY_LIMIT_EXCEEDED" ? 3_600_000 : null,
			});
		},
	);

	it.each([
		"E_VALIDATION_ERROR",
		"E_SENDER_NOT_VERIFIED",
		"E_RECIPIENT_SUPPRESSED",
		"E_CONTENT_TOO_LARGE",
		"E_SOMETHING_NEW",
	])("%s is final", async (code) => {
		expect(await thrown(Object.assign(new Error("to ops@example.com"), { code }))).toEqual({
			kind: "never",
			why: code,
			httpStatus: null,
		});
	});

	it("what has no code is judged without being shown", async () => {
		expect(await thrown(new Error("destination address ops@example.com is not a verified address"))).toMatchObject({
			kind: "never",
		});
		for (const error of [new Error("ops@example.com"), "ops@example.com", null, { code: "E_ops@example.com" }]) {
			const outcome = await thrown(error);
			expect(outcome).toMatchObject({ kind: "retry" });
			expect(JSON.stringify(outcome)).not.toContain("example.com");
		}
	});

	it("that does not answer is given up after the time-out, and one that is not there is final", async () => {
		const email = { send: () => new Promise(() => {}) } as unknown as SendEmail;
		expect(await sendOnce(opened(emailChannel, base), message(), { email, timeoutMs: 50 })).toMatchObject({
			kind: "retry",
			why: "no answer within 0.05 s",
		});
		expect(await sendOnce(opened(emailChannel, base), message(), { email: null })).toMatchObject({ kind: "never" });
	});
});

describe("the settings", () => {
	it("are refused with their place", () => {
		const places = (settings: object, change = {}) =>
			issuesOf(emailChannel, settings, change).map((issue) => issue.place);
		expect(places({})).toEqual(["to", "from"]);
		expect(places({ ...base, to: "ops" })).toEqual(["to"]);
		expect(places({ ...base, to: "{{ .CommonLabels.owner }}" })).toEqual(["to"]);
		expect(
			places({ ...base, to: Array.from({ length: 50 }, (_, at) => `a${at}@example.com`), cc: "x@example.com" }),
		).toEqual(["to"]);
		expect(places({ ...base, from: "a@b.com\nBcc: x@evil.example" })).toEqual(["from"]);
		expect(places({ ...base, headers: { "Message-ID": "x" } })).toEqual(["headers.Message-ID"]);
		expect(places({ ...base, headers: { To: "x@example.com" } })).toEqual(["headers.To"]);
		expect(places({ ...base, headers: { "X-A": "{{ nope" } })).toEqual(["headers.X-A"]);
		expect(places({ ...base, recipients: [] })).toEqual(["recipients"]);
	});

	it("take the sender of the global section, and warn of what means nothing here", async () => {
		const { from: _, ...rest } = base;
		expect(
			(await sent({ ...rest, from: undefined }, message(), { global: { smtp_from: "am@example.com" } })).from,
		).toBe("am@example.com");
		const settings = { ...base, smarthost: "mail:25", auth_password: "secret" };
		expect(opened(emailChannel, settings)).toBeDefined();
		for (const key of ["smarthost", "auth_password"]) expect(emailChannel.unused).toHaveProperty(key);
	});

	it("know an address when they see one", () => {
		const emails = (text: string) => {
			const parsed = parseMailboxes(text);
			return parsed.ok ? parsed.value.map((one) => one.email) : null;
		};
		expect(emails("a@b.co , A <a@b.co>,ü@exämple.com")).toEqual(["a@b.co", "ü@exämple.com"]);
		for (const bad of ["", ",", "a@b", "a b@c.de", "a@@b.co", "<a@b.co", "a@b.co\u0000", "x@y.co; z@y.co"])
			expect(emails(bad)).toBeNull();
	});
});
