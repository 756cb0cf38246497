//! Every kind of mistake, its number and its page.

use crate::diagnostic::Code;

macro_rules! codes {
    ($($id:ident, $title:literal, $page:literal;)*) => {
        $(#[doc = $title] pub static $id: Code = Code { id: stringify!($id), title: $title, page: $page };)*
        /// All of them, in order.
        pub static ALL: &[&Code] = &[$(&$id),*];
    };
}

codes! {
    E0101, "misspelt word", "A word that begins or joins statements is misspelt. Words of the language: `system`, `scenario`, `traffic`, `phase`, `at`, `inject`, `expect`, `work`, `call`, `lookup`, …\n\nWrong:  `at 60s injct flush on redis`\nRight:  `at 60s inject flush on redis`";
    E0102, "no statement", "A line does not have the form of any statement. Forms: `name = value` · `kind name { … }` · `a -> b { … }` · `call a.b` · `work exp(2ms)` · `at 60s inject fault on target for 20s as name` · `expect p99(x.y.latency) < 250ms during phase` · `phase name = 10s..30s` · `param name: type = value` · `traffic name -> target { … }`.";
    E0103, "block without end", "A `{` is never closed, so everything behind it would belong to the block. Blocks are blamed by indentation: the block that holds a line indented less than itself is the one that lacks its `}`.";
    E0104, "stray `}`", "A `}` closes nothing. Usually the block above was closed once too often.";
    E0105, "unknown kind", "A component was declared as a kind that neither the library nor the file defines. `sysdl list kinds` shows those of the library; `kind name { … }` defines one.";
    E0106, "unknown property", "A block sets a property that its kind does not have. Kinds declare their properties: `sysdl list kinds` shows them with units and defaults.";
    E0107, "name declared twice", "Two things of one system or file have the same name, so neither can be meant by it.";
    E0108, "property set twice", "A block sets one property twice. Which one counts would depend on the order.";
    E0109, "required property missing", "A kind declares a property without a default, and the component does not set it.";
    E0110, "property of another kind", "A property stands in a component whose kind does not have it, but another kind does: `ttl` belongs to `cache`.";
    W0111, "never used", "An import, parameter, value or template is declared and nothing uses it.";
    E0112, "not supported yet", "The language has this form, but this version of the compiler does not give it a meaning. It is reported instead of being ignored, because ignoring it would simulate another system than the one that is written.";
    E0113, "unused waiver", "`allow = [W0405]` names a warning that does not occur here. Remove it, so that a later one is seen.";
    E0114, "no such edition", "A file begins with `sysdl 1`, the edition of the language that it is written in.";
    E0115, "misplaced statement", "A statement stands in a block that has no use for it: a step outside of an endpoint, a component inside a scenario.";
    E0120, "file too large", "Files are limited to 4 MB.";
    E0121, "not text", "A file is not UTF-8 text. Compiled modules are run with `sysdl run x.wasm`.";
    E0122, "nested too deeply", "Brackets may be nested 64 deep.";
    E0123, "too many mistakes", "At most 50 mistakes are reported for one file.";
    E0201, "unknown unit", "The letters behind a number are no unit. Durations: `ns us ms s min h d`; rates: `rps krps Mrps`, `120/min`, `50k/s`; sizes: `B KB MB GB KiB MiB GiB`; shares: `%`; factors: `2x`; counts: `k M`.";
    E0202, "unit missing", "A quantity needs a unit: `ttl = 10` could be seconds or minutes. Only counts have none.";
    E0203, "wrong dimension", "A value of one dimension stands where another is needed, such as a rate for a duration.";
    E0204, "ambiguous `m`", "`m` could be minutes, milli or mega. Write `min` or `ms`.";
    E0205, "bits or bytes", "`10Gb` could be a bandwidth in bits or a size in bytes. Bandwidths are `Mbps Gbps` (bits) or `MB/s GB/s` (bytes); sizes `MB GB MiB GiB`.";
    E0206, "share out of range", "A share lies between 0% and 100%.";
    E0207, "must be positive", "A quantity that must be positive is zero or negative.";
    E0208, "compared dimensions differ", "An expectation compares quantities of different dimensions.";
    E0209, "impossible distribution", "The parameters of a distribution contradict each other.";
    E0210, "unknown function", "A function is called that is not known in this place. Distributions: `exp`, `lognormal`, `gamma`, `uniform`, `constant`.";
    W0210, "magnitude", "A timeout is tens of thousands of times longer than the mean of what it waits for. Often the unit is wrong.";
    E0211, "`/` reads as unit", "`60/total` is read as 60 of the unit `/total`. Put spaces around `/` to divide.";
    E0212, "beyond the limits", "A number is smaller or larger than what it counts can be: users of a source, branches, windows of a run, keys, priorities. The message names the limit.\n\nWrong:  `closed = users(5M, think = exp(10s))`\nRight:  `open = poisson(500krps)`";
    W0212, "bare share", "A share is written as a plain number. `98%` is clearer than `0.98`.";
    E0301, "unknown name", "A name is used that nothing declares.";
    E0302, "unknown endpoint", "A call names an endpoint that the component does not have.";
    E0303, "call without edge", "A step calls a component that no edge leads to. Edges carry the policy of calls, so each call needs one.";
    W0304, "edge without call", "No step uses an edge.";
    W0305, "unreachable component", "No traffic reaches a component.";
    E0306, "synchronous cycle", "Components call each other in a circle; a request would wait for itself.";
    W0307, "bounded circle", "Components call each other in a circle. A timeout bounds how long a request waits, but nothing bounds how deep it goes.";
    E0308, "self call", "A component calls itself.";
    E0309, "wrong arrow", "`a -> b` carries calls, which wait for an answer; `a ~> b` carries messages, which are handed over. `call` needs the first, `publish` the second.";
    E0311, "selector selects nothing", "A selector names replicas that do not exist, or a share so small that none is selected.";
    W0312, "endpoint does nothing", "An endpoint has no steps: it takes no time.";
    E0313, "request without a key", "A step reads the request's key (`key = request`), and some requests that come there have none. `traffic name -> target { key = zipf(n = 200k, s = 1.05) }` draws a key for each request, which everything done for it inherits; `call x.y(key = …)` and `publish x(key = …)` draw one for what they ask.";
    E0316, "nobody leads", "`at = leader`, `at = follower` or `x[leader]` asks for a role that no replica has. One of a component's replicas leads where it says how the next leader is found: `leader { failover = 30s }` (something names it), or `leader { heartbeat = 50ms, election = uniform(150ms, 300ms) }` (the others elect it).";
    E0401, "no capacity", "A component without replicas or servers can never serve anyone.";
    W0402, "cannot keep up", "A station gets more work than it can do: the arrival rate times the mean service time is the number of busy servers it needs (Little's law), and it has fewer. A warning, not an error, because an overload may be what a scenario is about: waive it there with `allow = [W0402]`.";
    W0403, "little headroom", "A station is busy 80% of the time or more on average. Waiting grows with 1/(1 - utilization).";
    W0404, "servers held by slow callees", "A component keeps a server for each request until its calls are answered, and the mean number of requests it waits for is near the number of servers it has. `hold = work` frees the server while waiting.";
    W0405, "overload when a cache is cold", "A component keeps up as long as a cache answers most lookups, and does not when all of them miss: after a flush or a restart it may not recover.";
    E0411, "impossible load shape", "The mean of a daily wave lies between half of its peak and its peak; otherwise the trough would be negative.";
    W0413, "queue longer than patience", "The last request in a full queue waits longer than its caller does: it is served for nobody.";
    W0501, "call without timeout", "A call waits for an answer for ever if it has no timeout; a lost message would hold its server until the end.";
    W0502, "retries outlive the caller", "All attempts and backoffs together take longer than the caller waits.";
    W0503, "timeout inversion", "A call waits longer than its own caller does: work goes on with nobody waiting.";
    W0504, "retry amplification", "Retries at several layers multiply. When the last one fails, each layer above repeats all attempts below it.";
    W0505, "no backoff or jitter", "Retries without jitter come at the same instants and hit together.";
    W0511, "stampede risk", "Lookups by key do not share fetches, and entries expire: when a popular key does, all its readers go to what is behind the cache at once.";
    E0513, "unbounded loop", "A loop needs a bound: `loop geometric(mean = 4, max = 12)`.";
    E0514, "settings at odds", "Two settings of an edge or a component contradict each other, one describes something that is not there, or one goes beyond what it can be. One of them would be ignored.\n\nWrong:  `a -> b { pool { size = 20 }, bulkhead { size = 10 } }`\nRight:  `a -> b { pool { size = 20 } }`";
    W0515, "hedge after the timeout", "A second attempt would be made when the first has been given up already, so it never is.";
    W0516, "priority half said", "Priorities are 0, 1, 2 and 3, and 0 goes first; an endpoint that says none has 0. Where some endpoints of a component say a later one and others say nothing, the silent ones go first. Say it for all, `priority = 0` for what goes first.";
    W0517, "setting without effect", "What is set changes nothing: the size or the time to live of a store that no lookup by key reads, a fault for no time, a promise about requests that nobody sends. Or a claim counts what never happens there: retries of an edge without `retry`, the queue of what serves any number at once.";
    E0601, "mix is not 100%", "The shares of a mix must sum to 100%.";
    E0602, "branches beyond 100%", "The shares of `with … else with …` are of all requests, so they cannot sum to more than 100%.";
    E0603, "no such endpoint in mix", "A mix names something that is not an endpoint of its target.";
    E0604, "no traffic", "Nothing enters the system.";
    E0606, "one driver per source", "A source is `open = …` or `closed = …`, one of them.";
    E0701, "unknown phase or event", "An expectation refers to a phase or event that the scenario does not have. Phases: `phase name = a..b`; events: `… as name`.";
    E0702, "phase outside the run", "A phase is empty, reversed, or ends after the run, or an expectation is about a longer time.";
    E0703, "fault after the end", "A fault begins after the run has ended.";
    E0704, "fault not applicable", "A fault acts on something that its target does not have.";
    E0705, "unknown fault", "A fault is injected that neither the library nor the file defines. `sysdl list faults` shows those of the library.";
    E0708, "window missing", "A rate, percentile or utilization needs a window: `during phase`, `always`, or `within 10s after event`.";
    E0710, "unknown metric", "An expectation measures something that is not measured.";
    W0711, "too few samples", "A percentile rests on less than ten requests beyond it. Lengthen the phase, raise the traffic, or ask for a lower percentile.";
    W0712, "warm-up within phase", "Part of a phase is discarded as warm-up.";
    E0714, "objective incomplete", "An objective is a share of good requests over a window: `slo name { good = a.b.latency < 1s, objective = 99.9%, window = 30d }`.";
    E0716, "healing cannot be judged", "`expect heals` and `expect metastable` compare a run with the same run without faults, from the end of the last fault on. There must be a fault, it must end, and the run must go on for a while.\n\nWrong:  `at 30s inject slow(4x) on db` … `expect heals within 30s`\n\nRight:  `at 30s inject slow(4x) on db for 20s` … `expect heals within 30s`";
    W0801, "no price", "A system has a budget, and a component has no price: it counts as $0.";
    E0802, "unit of price", "A price has the wrong unit: `$/h` and `$/month` are of time, `$/GB` of data, `$/Mtok` of tokens.";
    W0803, "cost above budget", "The stated prices sum to more than the budget.";
    E0901, "import not found", "An imported file does not exist, or does not define what is imported.";
    E0902, "import cycle", "Files import each other in a circle.";
    E0903, "override of nothing", "`set` names a path that does not exist.";
    E0904, "default outside its list", "The default of a parameter is not among its values.";
    W0905, "many runs", "The lists of parameter values multiply: `sysdl test` runs every combination of every scenario.";
    E0906, "data file cannot be used", "A distribution or a trace names a file of numbers that does not exist, is too large, or holds none. `file(\"latency.csv\", unit = 1ms)` reads a column of values, or values and how often each was seen; `trace = file(\"traces/launch.csv\")` instants, or instants and rates. Files are limited to 8 MiB and 200,000 lines.";
    E0907, "line of a data file", "A line of a file of numbers is not what it must be. Eight lines of a file are reported.";
}

/// A code by its number.
#[must_use]
pub fn find(id: &str) -> Option<&'static Code> {
    ALL.iter().copied().find(|code| code.id.eq_ignore_ascii_case(id))
}
