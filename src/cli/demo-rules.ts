/** The rules of the demo: quick enough to be watched. The ones that ship stand in alert/default-rules.yaml. */

export const SLOW_ALERT = "DEMO_API_SLOW";
export const BACKLOG_ALERT = "DEMO_QUEUE_BACKLOG";

export const DEMO_RULES = `groups:
  - name: demo
    interval: 5s
    rules:
      - alert: ${SLOW_ALERT}
        expr: histogram_quantile(0.95, sum by (le) (rate(api_response_time_bucket[20s]))) > 200
        for: 10s
        labels:
          severity: critical
        annotations:
          summary: P95 of the example is above 200 ms
          perdure_cooldown: 20s
      - alert: ${BACKLOG_ALERT}
        expr: max(queue_backlog) > 20
        for: 5s
        labels:
          severity: critical
        annotations:
          summary: more than 20 messages wait in the example's queue
          perdure_cooldown: 20s
`;
