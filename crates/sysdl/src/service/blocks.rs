//! The properties of blocks that no kind declares: those of edges, traffic, scenarios and policies, with what they mean.
//!
//! Properties of components are not here: the library declares them.

use super::words::Word;

const fn w(name: &'static str, ty: &'static str, default: &'static str, doc: &'static str) -> Word {
    Word { name, ty, default, doc }
}

/// Words that edges and traffic have alike.
const HEALTH: Word = w("health", "policy", "none", "Probes each replica and leaves out those that do not answer.");
const EJECT: Word = w("eject", "policy", "none", "Leaves a replica out whose attempts fail, so many in a row.");
const SLOW_START: Word =
    w("slow_start", "duration", "0s", "A replica that is back has a share that grows over this time.");
const FAIL_OPEN: Word = w(
    "fail_open",
    "flag",
    "on",
    "When no replica is left, all are asked again; `off`: the attempt is rejected at once.",
);
const PANIC: Word = w("panic", "share", "0%", "With fewer eligible replicas than this, all are asked.");
const RETRY: Word =
    w("retry", "policy", "none", "Further attempts after one that failed. A block, or the name of a policy.");
const BALANCE: Word = w("balance", "balance", "round_robin", "How a replica of the callee is chosen.");
const CANCEL: Word = w("cancel", "flag", "off", "Who gives up calls the work off.");
const ALLOW: Word = w("allow", "codes", "", "Warnings that are meant: `allow = [W0405]`.");

/// Blocks and their properties.
pub(super) const BLOCKS: &[(&str, &[Word])] = &[
    ("system", &[w("budget", "price", "", "What the system may cost: `$9_000/month`."), ALLOW]),
    (
        "edge",
        &[
            w(
                "timeout",
                "duration",
                "none",
                "How long a caller waits for the answer of an attempt. Not stated: for ever.",
            ),
            RETRY,
            w("breaker", "policy", "none", "Stops calling for a while when too many attempts fail."),
            w("hedge", "block", "none", "A second attempt when the first has not been answered for a while."),
            w("pool", "block", "none", "Bounds the attempts under way per replica of the caller; others wait."),
            w(
                "bulkhead",
                "block",
                "none",
                "Bounds the attempts under way per replica of the caller; others are turned away.",
            ),
            w("latency", "distribution", "0ms", "Time of an exchange on the way, both directions together."),
            w("loss", "share", "0%", "Share of messages that never arrive."),
            w("bandwidth", "bandwidth", "none", "Carries one message after another in each direction."),
            BALANCE,
            w("cross_zone", "duration", "0s", "Added to exchanges between zones."),
            w("fallback", "one_of(skip)", "none", "`skip`: when the call fails, the caller goes on without it."),
            CANCEL,
            w("deadline", "flag", "off", "The callee knows until when its answer is wanted, and so do those it asks."),
            w("idempotent", "flag", "off", "The callee does the work of a call once, however often it is attempted."),
            w("throttle", "block", "none", "A caller that is mostly turned away drops attempts itself."),
            w("transport", "one_of(tcp, message)", "message", "`tcp`: lost messages are sent again by the transport."),
            w("retransmit", "block", "none", "`transport = tcp` with numbers of its own."),
            w("connect", "distribution", "none", "Time to open a connection of the pool when none is idle."),
            w("idle", "duration", "60s", "How long an idle connection stays open."),
            HEALTH,
            EJECT,
            SLOW_START,
            FAIL_OPEN,
            PANIC,
            w("at", "one_of(leader, follower, any)", "any", "Whom calls are for, where one of the replicas leads."),
            w("linger", "duration", "none", "What is sent gathers for so long at the sender, and travels as one."),
            w(
                "batch",
                "count",
                "none",
                "A batch that lingers sets out when it is full. To a handler, a block: how many it works on together.",
            ),
            w(
                "work_per",
                "one_of(batch, message)",
                "batch",
                "Whether a batch is one unit of work for the callee, or one for each message.",
            ),
            w(
                "visibility",
                "duration",
                "none",
                "A message that was received and not dealt with in this time is handed over again.",
            ),
            w("dead_letter", "component", "none", "Where messages go that were received in vain."),
            w("filter", "share", "100%", "Hands on a share of the messages; a block hands on a class of keys."),
            w("group", "text", "", "The group of consumers that share the messages."),
            w("commit", "one_of(before, after, after_batch)", "after", "When what was read counts as done."),
            w("max_poll", "count", "500", "Messages that a consumer takes at a time with `commit = after_batch`."),
            w("rebalance", "block", "none", "How partitions are assigned anew when consumers come or go."),
            ALLOW,
        ],
    ),
    (
        "traffic",
        &[
            w("open", "arrivals", "", "How requests come that wait for nobody: `poisson(100rps)`, `sessions(…)`."),
            w("closed", "users", "", "A population that waits for each answer: `users(50, think = exp(10s))`."),
            w("trace", "data", "", "Arrivals as they were recorded: `file(\"launch.csv\")`."),
            w("scale", "factor", "1x", "So many times as fast, or as many, as recorded."),
            w("repeat", "flag", "off", "The trace begins anew at its end."),
            w("mix", "block", "", "The share of each endpoint: `mix { get = 95%, put = 5% }`."),
            w("key", "keys", "", "What each request is about: a key, drawn once."),
            w("size", "weight", "", "What a request weighs."),
            w("batch", "distribution_of_counts", "1", "How many requests come at one instant."),
            w("abandon", "duration", "none", "How long a visitor waits before giving up."),
            w("good_within", "duration", "none", "An answer within this time is a good one."),
            w("enabled", "flag", "on", "Off: nobody comes."),
            RETRY,
            CANCEL,
            BALANCE,
            HEALTH,
            EJECT,
            SLOW_START,
            FAIL_OPEN,
            PANIC,
            ALLOW,
        ],
    ),
    (
        "slo",
        &[
            w("good", "condition", "", "What counts as good: `web.get.latency < 1s`."),
            w("objective", "share", "", "Share of requests that are to be good."),
            w("window", "duration", "", "Time over which it is judged."),
        ],
    ),
    (
        "scenario",
        &[
            w("duration", "duration", "60s", "How long the run lasts."),
            w("warmup", "duration", "0s", "The begin that is discarded."),
            w("seed", "count", "1", "The number that all chance comes from."),
            w("extends", "scenario", "", "Another scenario, whose settings, phases and faults this one has too."),
            w("window", "duration", "1s", "How often is counted."),
            w("start_clock", "duration", "0s", "What the clock shows at the begin: for `diurnal` and `cron`."),
            w("in_flight", "count", "1048576", "Room for so many requests and calls at a time."),
            ALLOW,
        ],
    ),
    (
        "endpoint",
        &[
            w("errors", "share", "0%", "Share of requests that fail when all is done."),
            w("priority", "count", "0", "Class in queues, 0 to 3; 0 goes first."),
            w("writes", "flag", "off", "It changes what is stored."),
            w(
                "at",
                "one_of(leader, follower, any)",
                "any",
                "Whom calls of it are for, where one of the replicas leads.",
            ),
            w("size", "weight", "", "What a request weighs that does not say it."),
            w("result", "weight", "", "What a good answer weighs."),
            w("budget", "block", "", "What a visit may use; then it answers what it has."),
            w("context", "block", "", "What its conversation weighs, which grows with each round of its loops."),
        ],
    ),
    (
        "component",
        &[
            w("autoscale", "block", "", "Replicas come and go."),
            w("leader", "block", "", "One of the replicas leads."),
            ALLOW,
        ],
    ),
    (
        "retry",
        &[
            w("max", "count", "1", "Attempts after the first."),
            w(
                "backoff",
                "backoff",
                "exp(100ms, cap = 20s)",
                "Pause before the next attempt: `exp(50ms, cap = 1s)` doubles, `constant(50ms)` does not.",
            ),
            w(
                "jitter",
                "one_of(none, full, equal, decorrelated)",
                "none",
                "How pauses are spread; a share spreads them to either side.",
            ),
            w("budget", "share", "none", "Retries at most, as a share of first attempts."),
            w("on", "list", "", "Outcomes that are tried again: `[timeout, failed, rejected, shed]`. Not stated: all."),
            w("tokens", "count", "none", "A bucket of so many tokens that retries draw on."),
            w("cost", "count", "1", "Tokens that a retry takes."),
            w("refund", "count", "1", "Tokens that a good answer gives back."),
            w("floor", "count", "0", "Below so many tokens nothing is tried again."),
            w("honor", "one_of(retry_after)", "none", "Waits at least as long as the callee asks."),
            w("on_throttle", "block", "none", "Waits longer after being turned away."),
        ],
    ),
    (
        "on_throttle",
        &[
            w("backoff", "duration", "1s", "Pause instead of the usual one."),
            w("cost", "count", "1", "Tokens that such a retry takes."),
            w("on", "list", "[rate_limited]", "What counts as being throttled."),
        ],
    ),
    (
        "breaker",
        &[
            w("trip", "share", "50%", "Opens when so large a share of the attempts failed."),
            w("window", "count", "20", "The last so many attempts, 64 at most; or a time."),
            w("min_requests", "count", "10", "Judges nothing below so many attempts."),
            w("open_for", "duration", "30s", "How long it stays open before one attempt is let through."),
        ],
    ),
    (
        "hedge",
        &[
            w("after", "duration", "", "When the next attempt is made: a time, `p95`, or `p95 or 50ms`."),
            w("max", "count", "1", "Further attempts, each as much later; eight at most."),
        ],
    ),
    ("pool", PERMITS),
    ("bulkhead", PERMITS),
    (
        "health",
        &[
            w("interval", "duration", "10s", "From probe to probe."),
            w("timeout", "duration", "2s", "How long a probe waits."),
            w("fall", "count", "3", "Failures in a row that leave a replica out."),
            w("rise", "count", "2", "Good answers in a row that bring it back."),
        ],
    ),
    (
        "eject",
        &[
            w("failures", "count", "5", "Failures in a row that leave a replica out."),
            w("for", "duration", "30s", "For how long the first time; each time so much longer, 300 s at most."),
            w("most", "share", "10%", "Share of the replicas that may be out; one at least."),
        ],
    ),
    (
        "throttle",
        &[
            w("k", "count", "2", "Drops with probability (made − k·well)/(made + 1)."),
            w("window", "duration", "2min", "Time over which attempts are counted."),
        ],
    ),
    (
        "retransmit",
        &[
            w("rto", "duration", "200ms", "Time until a lost message is sent again, doubled each time."),
            w("packets", "count", "1", "Packets of a message."),
        ],
    ),
    (
        "rebalance",
        &[
            w("session_timeout", "duration", "45s", "How long a consumer may be silent before it counts as gone."),
            w("pause", "duration", "3s", "How long nobody is handed anything."),
            w(
                "strategy",
                "one_of(eager, cooperative)",
                "eager",
                "Whether all partitions are given up, or only those that move.",
            ),
            w("poll_timeout", "duration", "none", "Who works longer on what it took is expelled."),
        ],
    ),
    (
        "batch",
        &[
            w("size", "count", "", "Messages that a handler works on together."),
            w("wait", "duration", "0s", "How long it waits for so many."),
        ],
    ),
    (
        "filter",
        &[
            w("class", "count", "", "Messages whose key modulo `of` is this."),
            w("of", "count", "", "How many classes there are."),
        ],
    ),
    (
        "autoscale",
        &[
            w("min", "count", "1", "Fewest replicas."),
            w("max", "count", "", "Most replicas."),
            w(
                "metric",
                "one_of(utilization, queue, concurrency, arrivals_per_replica)",
                "utilization",
                "What is measured of one replica.",
            ),
            w("target", "share", "80%", "What it is held to."),
            w("tolerance", "share", "10%", "Does nothing when it is as near to the target."),
            w("every", "duration", "15s", "How often it decides."),
            w("startup", "duration", "", "Time until a new replica serves."),
            w("cooldown", "duration", "5min", "Takes away only what was not needed for so long."),
            w("step", "block", "", "Instead of a target: `step { above = 80%, add = 2 }`."),
        ],
    ),
    (
        "step",
        &[
            w("above", "share", "", "Acts when the metric is above."),
            w("below", "share", "", "Acts when the metric is below."),
            w("add", "count", "", "Replicas that are added."),
            w("remove", "count", "", "Replicas that are taken away."),
        ],
    ),
    (
        "leader",
        &[
            w("failover", "distribution", "", "Something names the next leader so long after the last was lost."),
            w("heartbeat", "duration", "50ms", "From word to word of the leader."),
            w(
                "election",
                "distribution",
                "uniform(150ms, 300ms)",
                "A replica that hears nothing for so long asks for votes.",
            ),
            w("round_trip", "duration", "1ms", "From replica to replica and back."),
            w("meanwhile", "one_of(refuse, wait)", "refuse", "What becomes of calls while nobody leads."),
        ],
    ),
    (
        "lookup",
        &[
            w("hit_ratio", "share", "", "Share of lookups that find what they look for."),
            w("key", "keys", "", "Which key: `request`, or a distribution of keys."),
            w("coalesce", "flag", "off", "One fetch for all who miss the same key at the same time."),
            w("miss", "block", "", "What is done by a lookup that finds nothing."),
        ],
    ),
    ("put", &[w("key", "keys", "", "Which key: `request`, or a distribution of keys.")]),
    (
        "admit",
        &[
            w("rate", "rate", "", "Tokens that come in a time."),
            w("weight", "bandwidth", "", "Instead of a rate: what a request weighs is taken."),
            w("partitions", "count", "1", "Buckets, one for each class of keys."),
            w("burst", "count", "", "Tokens that a bucket holds."),
        ],
    ),
    (
        "budget",
        &[
            w("tokens", "count", "none", "Tokens that a visit may use."),
            w("wall", "duration", "none", "Time that a visit may take."),
            w("cost", "money", "none", "What a visit may cost."),
        ],
    ),
    (
        "context",
        &[
            w("initial", "distribution_of_counts", "0", "What the conversation weighs at first."),
            w("per_turn", "distribution_of_counts", "0", "What each round adds."),
            w("max", "count", "", "Where it is cut off."),
        ],
    ),
];

const PERMITS: &[Word] = &[
    w("size", "count", "", "Attempts under way per replica of the caller."),
    w("queue", "count", "unlimited", "Room for those that wait."),
    w("wait", "duration", "none", "How long they wait."),
];
