/** Rule files, right and wrong, on which Prometheus 2.42 and 3 say the same. */
export type RuleFileCase = { readonly name: string; readonly text: string; readonly isRight: boolean };

function rule(fields: string): string {
	return `groups:\n- name: g\n  rules:\n  - ${fields}\n`;
}

function right(name: string, text: string): RuleFileCase {
	return { name, text, isRight: true };
}

function wrong(name: string, text: string): RuleFileCase {
	return { name, text, isRight: false };
}

/** Every file. */
export const RULE_FILES: readonly RuleFileCase[] = [
	right("nothing", ""),
	right("no groups", "groups: []"),
	right("groups that are nothing", "groups:"),
	right("a group without rules", "groups: [{name: g}]"),
	right("an alert", rule("{alert: A, expr: up == 0, for: 5m, labels: {a: b}, annotations: {c: d}}")),
	right("a record", rule("{record: 'job:up:sum', expr: sum by (job) (up), labels: {a: b}}")),
	right("a record that begins with a colon", rule("{record: ':up:sum', expr: sum(up)}")),
	right("an expression that is a number", rule("{record: one, expr: 1}")),
	right("what is empty of an alert in a record", rule("{record: one, expr: 1, for: 0s, annotations: {}}")),
	right("an interval and a limit", "groups: [{name: g, interval: 30s, limit: 5, rules: []}]"),
	right("a limit below zero", "groups: [{name: g, limit: -1, rules: []}]"),
	right("a limit that is large", "groups: [{name: g, limit: 100000, rules: []}]"),
	right("an interval of zero", "groups: [{name: g, interval: 0s, rules: []}]"),
	right("keep_firing_for", rule("{alert: A, expr: up, keep_firing_for: 1h}")),
	right("templates", rule('{alert: A, expr: up, annotations: {a: "{{ $labels.a }} {{ humanize $value }}"}}')),
	right(
		"a template that is only wrong when it is expanded",
		rule('{alert: A, expr: up, annotations: {a: "{{ template \\"x\\" }}"}}'),
	),
	right("the label alertname", rule("{alert: A, expr: up, labels: {alertname: B}}")),
	right("an empty label", rule("{alert: A, expr: up, labels: {a: ''}}")),
	right(
		"two alerts of one name",
		"groups: [{name: g, rules: [{alert: A, expr: up, labels: {a: b}}, {alert: A, expr: up}]}]",
	),
	right("an alert's name of words", rule("{alert: A name with spaces, expr: up}")),
	wrong("no YAML", "groups: ["),
	wrong("a list", "- name: g"),
	wrong("an unknown field of the file", "groups: []\nother: 1"),
	wrong("an unknown field of a group", "groups: [{name: g, rulez: []}]"),
	wrong("an unknown field of a rule", rule("{alert: A, expr: up, severity: page}")),
	wrong("a field twice", "groups: [{name: g, name: h}]"),
	wrong("a group without a name", "groups: [{rules: []}]"),
	wrong("a group twice", "groups: [{name: g}, {name: g}]"),
	wrong("neither alert nor record", rule("{expr: up}")),
	wrong("alert and record", rule("{alert: A, record: a, expr: up}")),
	wrong("no expression", rule("{alert: A}")),
	wrong("an empty expression", rule("{alert: A, expr: ''}")),
	wrong("an expression that is none", rule("{alert: A, expr: sum(up}")),
	wrong("an unknown function", rule("{alert: A, expr: speed(up)}")),
	wrong("types that do not fit", rule("{alert: A, expr: rate(up)}")),
	wrong("a record with for", rule("{record: a, expr: up, for: 1m}")),
	wrong("a record with keep_firing_for", rule("{record: a, expr: up, keep_firing_for: 1m}")),
	wrong("a record with annotations", rule("{record: a, expr: up, annotations: {a: b}}")),
	wrong("a record with a name that is none", rule("{record: 'a-b', expr: up}")),
	wrong("a record that is an expression", rule("{record: 'a{b=\"c\"}', expr: up}")),
	wrong("a label's name that is none", rule("{alert: A, expr: up, labels: {a-b: c}}")),
	wrong("the label __name__", rule("{alert: A, expr: up, labels: {__name__: c}}")),
	wrong("the label __name__ of a record", rule("{record: a, expr: up, labels: {__name__: c}}")),
	wrong("an annotation's name that is none", rule("{alert: A, expr: up, annotations: {a-b: c}}")),
	wrong("a template that is none", rule('{alert: A, expr: up, annotations: {a: "{{ $labels.a "}}')),
	wrong("a template of an unknown function", rule('{alert: A, expr: up, labels: {a: "{{ speed 1 }}"}}')),
	wrong("a duration that is none", rule("{alert: A, expr: up, for: soon}")),
	wrong("a limit that is none", "groups: [{name: g, limit: many}]"),
	wrong("an interval that is none", "groups: [{name: g, interval: 1}]"),
	wrong("rules that are a map", "groups: [{name: g, rules: {alert: A}}]"),
	wrong("labels that are a list", rule("{alert: A, expr: up, labels: [a]}")),
];
