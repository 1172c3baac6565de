/** Which addresses a receiver may have. */
import { describe, expect, it } from "vitest";
import { parseReceiverUrl } from "../../src/notify/address.ts";

const PUBLIC = [
	"https://hooks.example.com/services/T0/B0/x",
	"https://example.com:8443/a?b=c",
	"https://8.8.8.8/",
	"https://172.15.0.1/",
	"https://172.32.0.1/",
	"https://100.63.255.255/",
	"https://100.128.0.1/",
	"https://192.167.1.1/",
	"https://223.255.255.255/",
	"https://[2606:4700:4700::1111]/",
	"https://[2001:4860:4860::8888]/",
	"https://[64:ff9b::808:808]/",
	"https://locally.example/",
];
const INSIDE = [
	"https://0.0.0.0/",
	"https://10.1.2.3/",
	"https://100.64.0.1/",
	"https://127.0.0.1/",
	"https://127.1/",
	"https://2130706433/",
	"https://0x7f000001/",
	"https://0177.0.0.1/",
	"https://169.254.169.254/latest/meta-data",
	"https://172.16.0.1/",
	"https://172.31.255.255/",
	"https://192.168.1.1/",
	"https://198.18.0.1/",
	"https://224.0.0.1/",
	"https://255.255.255.255/",
	"https://[::]/",
	"https://[::1]/",
	"https://[::ffff:10.0.0.1]/",
	"https://[::ffff:8.8.8.8]/",
	"https://[64:ff9b::a00:1]/",
	"https://[2002:a00:1::]/",
	"https://[2001:db8::1]/",
	"https://[2001::1]/",
	"https://[fc00::1]/",
	"https://[fd12:3456::1]/",
	"https://[fe80::1]/",
	"https://[ff02::1]/",
	"https://localhost/",
	"https://localhost./",
	"https://a.localhost/",
	"https://printer.local/",
	"https://metadata.google.internal/",
	"https://intranet/",
];
const LOOPBACK = ["http://127.0.0.1:8080/hook", "http://localhost:3000/", "http://[::1]:1/", "https://127.9.9.9/"];

describe("a receiver's address", () => {
	it.each(PUBLIC)("%s is taken", (url) => {
		expect(parseReceiverUrl(url, false).ok).toBe(true);
	});

	it.each(INSIDE)("%s is refused", (url) => {
		expect(parseReceiverUrl(url, false).ok).toBe(false);
	});

	it.each(LOOPBACK)("%s is taken under development alone", (url) => {
		expect(parseReceiverUrl(url, true).ok).toBe(true);
		expect(parseReceiverUrl(url, false).ok).toBe(false);
	});

	it.each(["http://10.0.0.1/", "https://10.0.0.1/", "http://example.com/", "https://a:b@127.0.0.1/"])(
		"%s is refused under development too",
		(url) => {
			expect(parseReceiverUrl(url, true).ok).toBe(false);
		},
	);
});
