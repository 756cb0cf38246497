//! The words of the language itself: statements, functions, metrics, units; what each means and how it is written.
//!
//! Tests hold the functions and metrics against the resolver.

/// A word that begins a statement, and where it may.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keyword {
    /// `file`, `system`, `component`, `steps`, `scenario`, `fault`, `kind`.
    pub(super) place: &'static str,
    pub(super) word: &'static str,
    pub(super) doc: &'static str,
}

const fn k(place: &'static str, word: &'static str, doc: &'static str) -> Keyword {
    Keyword { place, word, doc }
}

/// Statements.
pub(super) const KEYWORDS: &[Keyword] = &[
    k("file", "system", "Components, the edges between them, and the traffic that comes."),
    k("file", "scenario", "One run of a system: how long, what happens to it, what is expected."),
    k("file", "param", "A value that a command line or a scenario can set: `param peak: rate = 4krps`."),
    k("file", "let", "A named value, or a named policy: `let careful = retry { max = 2 }`."),
    k("file", "template", "A kind with settings of its own: `template web : service { concurrency = 64 }`."),
    k("file", "kind", "A new kind of component."),
    k("file", "fault", "A new kind of fault."),
    k("file", "import", "Definitions of another file, or of the library: `import \"std/retries.sysdl\" { grpc }`."),
    k("file", "sysdl", "The edition of the language that the file is written in."),
    k("system", "traffic", "Who comes, and how often: `traffic people -> web { open = poisson(100rps) }`."),
    k("system", "slo", "What counts as good, and how much of it is promised."),
    k("component", "endpoint", "What the component can be asked, and the steps it then takes."),
    k("component", "handler", "What the component does with a message that it is handed."),
    k("steps", "work", "Takes a time, on a server of the component."),
    k("steps", "call", "Asks another component and waits for its answer."),
    k("steps", "lookup", "Asks a cache; what does not find what it looks for does `miss { … }`."),
    k("steps", "fill", "A call; once it has ended well the entry of the request's key is filled."),
    k("steps", "invalidate", "A call; once it has ended well the entry of the request's key is removed."),
    k("steps", "admit", "Takes a token of the key's partition, or the request fails as `rate_limited`."),
    k("steps", "parallel", "Each step a branch; waits for all, or for the `first`, or for a `quorum 2`."),
    k("steps", "with", "Some requests do this: `with 5% { … } else { … }`."),
    k("steps", "loop", "Several rounds, one after the other."),
    k("steps", "try", "Done instead when something in the first part fails."),
    k("steps", "background", "Nobody waits for it."),
    k("steps", "saga", "When a step fails, those before it are undone, the last first."),
    k("steps", "step", "A step of a saga, and what undoes it."),
    k("steps", "publish", "Waits until the topic has the message; a handler is handed it, and nobody waits."),
    k("steps", "reply", "Answers; what follows is done all the same."),
    k("steps", "fail", "A share of the requests fails here."),
    k("scenario", "set", "Sets a parameter or a property: `set web.replicas = 10`."),
    k("scenario", "phase", "A named part of the run: `phase storm = 60s..80s`."),
    k("scenario", "at", "Something that happens at an instant: `at 60s inject crash on db for 20s`."),
    k("scenario", "every", "Something that happens again and again: `every 60s from 2min to 4min inject …`."),
    k(
        "scenario",
        "when",
        "Something that happens when a condition holds: `when utilization(db) > 90% for 5s inject …`.",
    ),
    k("scenario", "random", "A fault that comes and goes by chance."),
    k("scenario", "expect", "What must hold: `expect p99(web.get.latency) < 250ms during storm`."),
    k("scenario", "warn", "Like `expect`, but never an exit code."),
    k("action", "inject", "A fault strikes: `inject slow(4x) on db for 20s as slow_db`."),
    k("action", "mark", "Gives the instant a name."),
    k("fault", "during", "Changes that act within a time of the fault: `during 0s..10s { … }`."),
    k("fault", "after", "Changes that act from a time of the fault on."),
    k("fault", "ramp", "Changes that grow over a time."),
    k("fault", "fade", "Changes that begin in full and go back over a time."),
    k("fault", "clear", "Empties a store."),
];

/// A function of values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Function {
    pub(super) name: &'static str,
    /// What it gives: a type of a property, or `arrivals`, `users`, `keys`, `data`, `backoff`.
    pub(super) gives: &'static [&'static str],
    /// A call of it.
    pub(super) example: &'static str,
    pub(super) doc: &'static str,
}

const fn f(name: &'static str, gives: &'static [&'static str], example: &'static str, doc: &'static str) -> Function {
    Function { name, gives, example, doc }
}

const TIME: &[&str] = &["distribution", "weight"];
const COUNT: &[&str] = &["distribution_of_counts"];

/// Functions.
pub(super) const FUNCTIONS: &[Function] = &[
    f("exp", TIME, "exp(2ms)", "Exponential: most are short, the mean as given."),
    f(
        "lognormal",
        &["distribution", "weight", "distribution_of_counts"],
        "lognormal(p50 = 2ms, p99 = 9ms)",
        "Lognormal, by its median and its 99th percentile: what services mostly look like.",
    ),
    f("latency", TIME, "latency(p50 = 2ms, p95 = 9ms, p99 = 30ms)", "Exact at each percentile that is given."),
    f(
        "constant",
        &["distribution", "arrivals"],
        "constant(2ms)",
        "Always the same; of a rate: evenly spaced arrivals.",
    ),
    f(
        "uniform",
        &["distribution", "keys", "distribution_of_counts"],
        "uniform(1ms, 3ms)",
        "Anything between, equally likely; `uniform(n = 200k)` of keys.",
    ),
    f("gamma", TIME, "gamma(mean = 2ms, cv = 0.5)", "Gamma, by its mean and its coefficient of variation."),
    f("erlang", TIME, "erlang(k = 4, mean = 2ms)", "The sum of k exponentials: steadier than one."),
    f("hyperexp", TIME, "hyperexp(mean = 2ms, cv = 2)", "Two exponentials: more varied than one."),
    f("weibull", TIME, "weibull(mean = 2ms, shape = 0.7)", "Weibull: with a shape below 1 its tail is heavy."),
    f("pareto", TIME, "pareto(low = 1ms, high = 10s, alpha = 1.2)", "Pareto, bounded: a tail that falls by a power."),
    f("values", TIME, "values([1ms, 2ms, 9ms])", "As measured: from one to the next, each stretch equally likely."),
    f("mixture", TIME, "mixture(of = [exp(1ms), 90ms], weights = [95%, 5%])", "One of several, by weight."),
    f(
        "histogram",
        TIME,
        "histogram([1ms, 2ms, 5ms], counts = [10, 70, 20])",
        "As measured: values, and how often each was seen.",
    ),
    f(
        "file",
        &["distribution", "data"],
        "file(\"latency.csv\", unit = 1ms)",
        "As measured, from a file beside this one.",
    ),
    f("geometric", COUNT, "geometric(mean = 4, max = 12)", "Rounds until it is enough, each as likely to be the last."),
    f(
        "poisson",
        &["arrivals", "distribution_of_counts"],
        "poisson(100rps)",
        "Arrivals that know nothing of each other; of a number: a count at random.",
    ),
    f("zipf", &["keys"], "zipf(n = 200k, s = 1.05)", "Keys, of which few are asked for often."),
    f("renewal", &["arrivals"], "renewal(erlang(k = 2, mean = 10ms))", "Arrivals with gaps drawn from a distribution."),
    f(
        "burst",
        &["arrivals"],
        "burst(base = 1rps, peak = 9rps, every = 5min, for = 30s)",
        "A rate with peaks at regular times.",
    ),
    f("ramp", &["arrivals"], "ramp(from = 1rps, to = 9rps, over = 60s)", "A rate that goes from one to another."),
    f(
        "piecewise",
        &["arrivals"],
        "piecewise(at = [0s, 10s], rate = [1rps, 9rps])",
        "Rates that hold from given times on.",
    ),
    f(
        "mmpp",
        &["arrivals"],
        "mmpp(base = 5rps, peak = 50rps, calm = exp(10s), busy = exp(2s))",
        "A rate that changes at random between calm and busy.",
    ),
    f(
        "diurnal",
        &["arrivals"],
        "diurnal(mean = 5rps, peak = 9rps, period = 24h, peak_at = 20h)",
        "A rate that goes with the day.",
    ),
    f(
        "sessions",
        &["arrivals"],
        "sessions(arrivals = poisson(2rps), requests = geometric(mean = 8, max = 50), think = exp(5s))",
        "Visitors with several requests each, who wait for an answer before the next.",
    ),
    f(
        "cron",
        &["arrivals"],
        "cron(every = 1h, count = 500, spread = 5min)",
        "By the clock: so many at once, or within the spread.",
    ),
    f(
        "users",
        &["users"],
        "users(50, think = exp(10s))",
        "A population: each waits for the answer, thinks, and asks again.",
    ),
    f("power_of", &["balance"], "power_of(2)", "The least loaded of so many replicas, drawn at random."),
    f("weighted", &["balance"], "weighted([3, 1, 1])", "Exact shares, spread smoothly."),
    f(
        "zone",
        &["balance"],
        "zone(least_loaded)",
        "Among the replicas of the caller's zone, as long as one is eligible there.",
    ),
    f(
        "codel",
        &["discipline"],
        "codel(5ms)",
        "Who has waited longest, while some are dropped because all wait too long.",
    ),
    f("if", &[], "if(x == y, a, b)", "The second value if the condition holds, else the third."),
];

/// What can be measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measure {
    pub(super) name: &'static str,
    /// What it is of: `s` the system, `c` a component, `f` an endpoint that traffic enters, `e` an edge, `m` what keeps
    /// messages, `l` a component one of whose replicas leads.
    pub(super) of: &'static str,
    /// The type of its values.
    pub(super) ty: &'static str,
    pub(super) doc: &'static str,
}

const fn m(name: &'static str, of: &'static str, ty: &'static str, doc: &'static str) -> Measure {
    Measure { name, of, ty, doc }
}

/// Metrics. Percentiles stand for themselves: `p50` … `p99.9`.
pub(super) const METRICS: &[Measure] = &[
    m(
        "p99",
        "fce",
        "duration",
        "99 % are below: of response times, of `x.waiting`, `x.sojourn`, or of a call on an edge.",
    ),
    m("p95", "fce", "duration", "95 % are below."),
    m("p50", "fce", "duration", "Half are below."),
    m("mean", "fce", "duration", "The mean of response times, of `x.waiting` or `x.sojourn`."),
    m("max", "fce", "duration", "The largest; of `x.lag` and `x.queue` as well."),
    m("error_rate", "scf", "share", "Share of requests that ended badly."),
    m("goodput", "sf", "rate", "Good answers per second, or their share."),
    m("goodput_share", "sf", "share", "Share of answers that are good."),
    m("throughput", "scf", "rate", "What ends per second."),
    m("arrivals", "scf", "rate", "What comes per second."),
    m("requests", "scf", "count", "What came."),
    m("errors", "sce", "count", "What ended badly."),
    m("utilization", "c", "share", "Share of servers that are busy."),
    m("replicas", "c", "count", "Replicas that serve."),
    m("queue", "c", "count", "What waits."),
    m("queue_mean", "c", "count", "What waits, on average."),
    m("queue_max", "c", "count", "Most that waited."),
    m("in_system_mean", "c", "count", "What waits or is served, on average."),
    m("served", "c", "count", "What was served."),
    m("orphaned", "c", "count", "What was served for nobody: the caller had gone."),
    m("killed", "c", "count", "What a replica held that went down."),
    m("setups", "c", "count", "Cold starts."),
    m("hit_ratio", "c", "share", "Share of lookups that found what they looked for."),
    m("hits", "c", "count", "Lookups that found it."),
    m("misses", "c", "count", "Lookups that did not."),
    m("coalesced", "c", "count", "Lookups that waited for another's fetch."),
    m("stale", "c", "count", "Lookups that found what was out of date."),
    m("stale_ratio", "c", "share", "Share of lookups that found what was out of date."),
    m("attempts", "e", "count", "Attempts of calls, the first and all further ones."),
    m("retries", "e", "count", "Attempts after the first."),
    m("retry_amplification", "e", "factor", "Attempts for each call."),
    m("timeouts", "e", "count", "Attempts that were given up."),
    m("hedges", "e", "count", "Second attempts made because the first was late."),
    m("breaker", "e", "state", "The state of the breaker: `breaker(a -> b) == open`."),
    m("breaker_opens", "e", "count", "How often the breaker opened."),
    m("breaker_open_share", "e", "share", "Share of time during which it was open."),
    m("permit_wait", "e", "duration", "Mean time that calls waited for a place in the pool."),
    m("no_permit", "e", "count", "Calls that got no place in the pool or bulkhead."),
    m("refused", "e", "count", "Attempts that failed at once."),
    m("ejections", "e", "count", "How often a replica was left out."),
    m("none_eligible", "e", "count", "Attempts for which no replica was left."),
    m("throttled", "e", "count", "Attempts that the caller dropped itself."),
    m("resent", "e", "count", "Messages that the transport sent again."),
    m("carried", "e", "count", "What its messages weighed."),
    m("connects", "e", "count", "Connections that were opened."),
    m("connect_share", "e", "share", "Share of calls that opened a connection first."),
    m("batches", "e", "count", "Batches that set out."),
    m("batch_size", "e", "count", "Messages of a batch, on average."),
    m("batch_wait", "e", "duration", "How long messages waited for their batch, on average."),
    m("lag", "m", "count", "Messages that wait for a consumer."),
    m("lost", "m", "count", "Messages that were lost."),
    m("duplicates", "m", "count", "Messages that came again: a number, or a share."),
    m("redelivered", "m", "count", "Messages that were handed over again."),
    m("expired", "m", "count", "Messages that were kept too long."),
    m("displaced", "m", "count", "Messages whose place a newer one took."),
    m("vanished", "m", "count", "Messages that were acknowledged and then lost with a broker."),
    m("rebalances", "m", "count", "How often partitions were assigned anew."),
    m("partition_lag", "m", "count", "Most messages that wait in one partition."),
    m("hottest_partition", "m", "factor", "Messages of the fullest partition over the mean."),
    m("elections", "l", "count", "How often another replica came to lead."),
    m("leaderless", "l", "share", "Share of time during which nobody led who attended."),
    m("tokens", "c", "count", "Tokens that were used."),
    m("tokens.wasted", "s", "share", "Share of tokens of answers that nobody took."),
    m("cost.per", "f", "money", "What a request cost, on average."),
    m("cost.monthly", "s", "money", "What the system costs in a month."),
    m("budget_stops", "c", "count", "Visits that ran out of budget."),
];

/// Times that percentiles, `mean` and `max` are of.
pub(super) const TIMES: [(&str, &str); 4] = [
    ("latency", "From the request to its answer, as the caller feels it."),
    ("waiting", "In the queue of the component."),
    ("sojourn", "In the queue and in service."),
    ("end_to_end", "From publishing a message to the end of its handler."),
];

/// A metric by its name; percentiles are all alike.
pub(super) fn metric(name: &str) -> Option<&'static Measure> {
    let percentile = name.strip_prefix('p').is_some_and(|digits| digits.parse::<f64>().is_ok());
    METRICS.iter().find(|metric| metric.name == if percentile { "p99" } else { name })
}

/// A function by its name.
pub(super) fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// Ways to balance and disciplines that are single words.
pub(super) const BALANCES: [&str; 8] =
    ["round_robin", "random", "least_loaded", "zone", "hash", "ring", "maglev", "sticky"];
pub(super) const DISCIPLINES: [&str; 6] = ["fifo", "lifo", "random", "adaptive_lifo", "preemptive", "preemptive_lifo"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::METRIC_NAMES;
    use crate::service::values::evaluate;

    #[test]
    fn functions_are_those_that_are_evaluated() {
        let analysis = crate::resolve::analyze("x", b"sysdl 1\n", &crate::resolve::program::NoFiles);
        for function in FUNCTIONS.iter().filter(|function| !matches!(function.name, "file" | "if")) {
            let value = evaluate(&analysis, function.example);
            assert!(value.is_some(), "{}", function.example);
        }
        let known = |name: &&str| function(name).is_some();
        assert_eq!(crate::resolve::FUNCTIONS.iter().find(|name| !known(name)), None);
    }

    #[test]
    fn metrics_are_those_that_are_measured() {
        assert_eq!(METRIC_NAMES.iter().find(|name| metric(name).is_none()), None);
        for metric in METRICS {
            let of = match metric.of {
                "e" => "(a -> c)",
                "m" | "l" => "(q)",
                "f" | "fce" | "sf" => "(a.e)",
                "s" => "",
                _ => "(a)",
            };
            let claim = format!("{}{of} < 1", metric.name);
            let text = format!(
                "sysdl 1\nsystem s {{\n service a {{ endpoint e {{ call c.get }} }}\n cache c\n queue q\n a -> c\n traffic t -> a {{ open = poisson(1rps) }} }}\nscenario x {{ phase p = 0s..9s\n expect {claim} during p }}\n"
            );
            let found = crate::resolve::analyze("x", text.as_bytes(), &crate::resolve::program::NoFiles).check();
            let unknown = found.iter().find(|of| of.message.contains("there is no metric"));
            assert_eq!(unknown.map(|of| &of.message), None, "{claim}");
        }
    }

    #[test]
    fn a_word_means_one_thing_in_a_place() {
        for (row, keyword) in KEYWORDS.iter().enumerate() {
            let twice = KEYWORDS[..row].iter().any(|other| (other.place, other.word) == (keyword.place, keyword.word));
            assert!(!twice && keyword.doc.ends_with('.'), "{}", keyword.word);
        }
        assert!(METRICS.iter().all(|metric| !metric.doc.is_empty()));
    }
}
