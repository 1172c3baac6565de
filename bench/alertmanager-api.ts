/** What Alertmanager's API v2 takes, as its clients send it. Times are RFC 3339. */

export type V2Alert = {
	readonly labels: Readonly<Record<string, string>>;
	readonly annotations?: Readonly<Record<string, string>>;
	readonly startsAt?: string;
	readonly endsAt?: string;
	readonly generatorURL?: string;
};

export type V2Matcher = {
	readonly name: string;
	readonly value: string;
	readonly isRegex: boolean;
	readonly isEqual?: boolean;
};

export type V2Silence = {
	readonly id?: string;
	readonly matchers: readonly V2Matcher[];
	readonly startsAt: string;
	readonly endsAt: string;
	readonly createdBy: string;
	readonly comment: string;
};
