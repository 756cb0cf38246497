//! A model as a text of the language, as far as that is simple: for models that were shrunk, so that the case can be kept, read and
//! discussed. Nobody relies on the text meaning the same: whoever asked for it tries whether it fails as well.

use std::fmt::Write as _;
use sysdl_lower::model::{
    Arrivals, Balance, Call, Component, Count, Discipline, Distribution, Edge, Effect, EffectOp, Gaps, Hit, Hold,
    Jitter, Keys, Model, Overflow, Parameter, Policy, Queueing, RateProfile, Step,
};

/// The text, or what it would have to say and cannot.
///
/// # Errors
/// The first part of the model for which there are no words here.
pub fn text(model: &Model) -> Result<String, String> {
    let mut text = "sysdl 1\n\n".to_owned();
    for component in &model.components {
        kind(&mut text, component);
    }
    for (index, effect) in model.effects.iter().enumerate() {
        fault(&mut text, index, effect)?;
    }
    text.push_str("\nsystem shrunk {\n");
    for component in &model.components {
        declare(&mut text, model, component)?;
    }
    for (index, edge) in model.edges.iter().enumerate().filter(|(_, edge)| edge.from.is_some()) {
        connect(&mut text, model, index as u32, edge)?;
    }
    for source in &model.sources {
        let how = arrivals(&source.arrivals)?;
        if source.batch.is_some() || source.session.is_some() {
            return Err("batches and sessions".to_owned());
        }
        let mut first = None;
        for (weight, call) in &source.mix {
            let (to, endpoint) = names(model, call);
            let _ = match first {
                None => write!(
                    text,
                    "  traffic {} -> {to} {{ {how}{}, mix {{ {endpoint} = {}%",
                    source.name,
                    patience(&call.policy)?,
                    weight * 100.0
                ),
                Some(()) => write!(text, ", {endpoint} = {}%", weight * 100.0),
            };
            first = Some(());
        }
        text.push_str(" } }\n");
    }
    let _ = writeln!(
        text,
        "}}\n\nscenario steady of shrunk {{\n  duration = {}ns, window = {}ns, seed = {}",
        model.duration_ns, model.window_ns, model.seed
    );
    for (index, effect) in model.effects.iter().enumerate() {
        let target = target(model, effect);
        let lasts = effect.end_ns.map_or(String::new(), |end| format!(" for {}ns", end - effect.start_ns));
        let _ = writeln!(text, "  at {}ns inject f{index} on {target}{lasts}", effect.start_ns);
    }
    text.push_str("}\n");
    if model.triggers.is_empty() { Ok(text) } else { Err("triggers".to_owned()) }
}

fn kind(text: &mut String, component: &Component) {
    let _ = write!(text, "kind of_{} : component {{", component.name);
    if let Some(store) = &component.store {
        let capacity = store.capacity.map_or(String::new(), |capacity| format!("capacity = {capacity}, "));
        let ttl = store.ttl_ns.map_or(String::new(), |ttl| format!("ttl = {ttl}ns, "));
        let warm = if store.warm { "on" } else { "off" };
        let _ = write!(text, " store {{ {capacity}{ttl}warm = {warm} }}");
    }
    text.push_str(" }\n");
}

fn declare(text: &mut String, model: &Model, component: &Component) -> Result<(), String> {
    let station = &component.station;
    if station.queue == Queueing::Shared || station.group.is_some() || component.fleet.is_some() {
        return Err("queues that are shared, and fleets".to_owned());
    }
    let unlimited = |count: Option<u32>| count.map_or("unlimited".to_owned(), |count| count.to_string());
    let _ = write!(
        text,
        "  of_{} {} {{\n    replicas = {}, concurrency = {}, queue = {}, hold = {}, on_overload = {}, discipline = {}",
        component.name,
        component.name,
        component.replicas,
        unlimited(station.servers),
        unlimited(station.queue_capacity),
        if station.hold == Hold::Visit { "visit" } else { "work" },
        if station.overflow == Overflow::Reject { "reject" } else { "shed" },
        discipline(station.discipline),
    );
    if let Some(sharing) = station.sharing {
        let cores = sharing.cores.map_or(String::new(), |cores| format!(", cores = {cores}"));
        let (contention, coherency) = (sharing.contention * 100.0, sharing.coherency * 100.0);
        let _ = write!(text, "{cores}, contention = {contention}%, coherency = {coherency}%");
    }
    if let Some(limit) = station.limit {
        let _ = write!(text, ", limit = {}rps, burst = {}", limit.rate, limit.burst);
    }
    if let Some(patience) = &station.patience {
        let _ = write!(text, ", patience = {}", distribution(patience)?);
    }
    if let Some(setup) = &station.setup {
        let _ = write!(text, ", setup = {}, keep_alive = {}ns", distribution(&setup.time)?, setup.keep_alive_ns);
    }
    if let Some(batch) = station.batch {
        let _ = write!(text, ", batch = {batch}");
    }
    text.push('\n');
    for endpoint in &component.endpoints {
        if endpoint.result.is_some() || endpoint.budget.is_some() || endpoint.context.is_some() {
            return Err("weights and meters".to_owned());
        }
        let _ = write!(text, "    endpoint {} {{ priority = {}", endpoint.name, endpoint.priority);
        let steps = steps(model, &endpoint.steps)?;
        let _ = writeln!(text, "{}{steps} }}", if steps.is_empty() { "" } else { ", " });
    }
    text.push_str("  }\n");
    Ok(())
}

fn connect(text: &mut String, model: &Model, index: u32, edge: &Edge) -> Result<(), String> {
    let from = edge.from.map_or("", |from| model.components[from.0 as usize].name.as_str());
    let to = &model.components[edge.to.0 as usize].name;
    let mut says = vec![format!("balance = {}", balance(&edge.balance)?)];
    if edge.latency != Distribution::Constant(0.0) {
        says.push(format!("latency = {}", distribution(&edge.latency)?));
    }
    if edge.loss > 0.0 {
        says.push(format!("loss = {}%", edge.loss * 100.0));
    }
    let plain =
        edge.breaker.is_none() && edge.eligibility.is_none() && edge.zones.is_none() && edge.bandwidth.is_none();
    if !plain || edge.subscription.is_some() || edge.conduct.throttle.is_some() || edge.conduct.retransmit.is_some() {
        return Err("what edges do besides calling".to_owned());
    }
    if let Some(permits) = edge.permits {
        let wait = permits.wait_ns.map_or(String::new(), |wait| format!(", wait = {wait}ns"));
        says.push(format!("pool {{ size = {}{wait} }}", permits.count));
    }
    let _ = writeln!(text, "  {from} -> {to} {{ {} }}", says.join(", "));
    let mut told: Vec<(String, String)> = Vec::new();
    let mut calls = Vec::new();
    for endpoint in model.components.iter().flat_map(|component| &component.endpoints) {
        collect(&endpoint.steps, &mut calls);
    }
    for call in calls.into_iter().filter(|call| call.edge.0 == index) {
        let (_, endpoint) = names(model, call);
        let skip = if call.skip_failure { ", fallback = skip" } else { "" };
        let policy = format!("{}{skip}", policy(&call.policy)?);
        match told.iter().find(|(known, _)| *known == endpoint) {
            Some((_, known)) if *known != policy => return Err("two policies for one endpoint".to_owned()),
            Some(_) => {}
            None => told.push((endpoint, policy)),
        }
    }
    for (endpoint, policy) in told.iter().filter(|(_, policy)| !policy.is_empty()) {
        let _ = writeln!(text, "  {from} -> {to}.{endpoint} {{ {} }}", policy.trim_start_matches(", "));
    }
    Ok(())
}

fn collect<'m>(steps: &'m [Step], found: &mut Vec<&'m Call>) {
    for step in steps {
        found.extend(step.call());
        step.inside().into_iter().for_each(|inside| collect(inside, found));
    }
}

fn patience(policy: &Policy) -> Result<String, String> {
    let waits = policy.timeout_ns.map_or(String::new(), |timeout| format!(", abandon = {timeout}ns"));
    Ok(format!("{waits}{}", retry(policy)?))
}

fn policy(policy: &Policy) -> Result<String, String> {
    let timeout = policy.timeout_ns.map_or(String::new(), |timeout| format!(", timeout = {timeout}ns"));
    let hedge = policy.hedge_after_ns.map_or(String::new(), |after| format!(", hedge {{ after = {after}ns }}"));
    if policy.hedge_percentile.is_some() || policy.idempotent || policy.once_received {
        return Err("hedges by percentile, calls done once".to_owned());
    }
    let on = |flag: bool, name: &str| if flag { format!(", {name} = on") } else { String::new() };
    let (cancel, deadline) = (on(policy.cancel, "cancel"), on(policy.deadline, "deadline"));
    Ok(format!("{timeout}{}{hedge}{cancel}{deadline}", retry(policy)?))
}

fn retry(policy: &Policy) -> Result<String, String> {
    let Some(retry) = &policy.retry else { return Ok(String::new()) };
    let jitter = match retry.jitter {
        Jitter::None => "none".to_owned(),
        Jitter::Full => "full".to_owned(),
        Jitter::Equal => "equal".to_owned(),
        Jitter::Decorrelated => "decorrelated".to_owned(),
        Jitter::Around(share) => format!("{}%", share * 100.0),
    };
    if retry.bucket.is_some() || retry.throttled.is_some() || retry.honor {
        return Err("buckets of retries".to_owned());
    }
    let backoff = match retry.factor {
        1.0 => format!("{}ns", retry.backoff_ns),
        _ => format!("exp({}ns, cap = {}ns)", retry.backoff_ns, retry.cap_ns),
    };
    let budget = retry.budget.map_or(String::new(), |share| format!(", budget = {}%", share * 100.0));
    Ok(format!(", retry {{ max = {}, backoff = {backoff}, jitter = {jitter}{budget} }}", retry.max))
}

fn steps(model: &Model, steps: &[Step]) -> Result<String, String> {
    Ok(steps.iter().map(|one| step(model, one)).collect::<Result<Vec<_>, _>>()?.join(", "))
}

fn step(model: &Model, step: &Step) -> Result<String, String> {
    let inside = |body: &[Step]| steps(model, body);
    let asked = |call: &Call| -> Result<String, String> {
        let (to, endpoint) = names(model, call);
        match (call.key, &call.size) {
            (None, None) => Ok(format!("{to}.{endpoint}")),
            (Some(key), None) => Ok(format!("{to}.{endpoint}(key = {})", keys(key))),
            _ => Err("weights".to_owned()),
        }
    };
    Ok(match step {
        Step::Work(time) => format!("work {}", distribution(time)?),
        Step::Call(call) => format!("call {}", asked(call)?),
        Step::Lookup { call, hit, miss } => {
            let at = call.as_ref().map_or(Ok("self".to_owned()), asked)?;
            let how = match hit {
                Hit::Ratio(share) => format!("hit_ratio = {}%", share * 100.0),
                Hit::Keyed { keys: n, skew, coalesce } => {
                    format!(
                        "key = {}{}",
                        keys(Keys { keys: *n, skew: *skew }),
                        if *coalesce { ", coalesce = on" } else { "" }
                    )
                }
                Hit::Requested { coalesce, .. } => {
                    format!("key = request{}", if *coalesce { ", coalesce = on" } else { "" })
                }
            };
            format!("lookup {at} {{ {how}, miss {{ {} }} }}", inside(miss)?)
        }
        Step::Put { call, remove, .. } => {
            let at = call.as_ref().map_or(Ok("self".to_owned()), asked)?;
            format!("{} {at} {{ key = request }}", if *remove { "invalidate" } else { "fill" })
        }
        Step::Parallel { branches, need } => {
            if branches.iter().any(|branch| branch.len() != 1) {
                return Err("branches of several steps".to_owned());
            }
            let branches: Vec<String> = branches.iter().map(|branch| inside(branch)).collect::<Result<_, _>>()?;
            format!("parallel quorum {need} {{ {} }}", branches.join(", "))
        }
        Step::With { probability, then, otherwise } => {
            format!("with {}% {{ {} }} else {{ {} }}", probability * 100.0, inside(then)?, inside(otherwise)?)
        }
        Step::Loop { count: Count::Constant(rounds), body } => format!("loop {rounds} {{ {} }}", inside(body)?),
        Step::Loop { count: Count::Uniform { low, high }, body } => {
            format!("loop uniform({low}, {high}) {{ {} }}", inside(body)?)
        }
        Step::Loop { count: Count::Geometric { mean, max }, body } => {
            format!("loop geometric(mean = {mean}, max = {max}) {{ {} }}", inside(body)?)
        }
        Step::Try { body, otherwise } => format!("try {{ {} }} else {{ {} }}", inside(body)?, inside(otherwise)?),
        Step::Background(body) => format!("background {{ {} }}", inside(body)?),
        Step::Fail(share) => format!("fail {}%", share * 100.0),
        Step::Reply => "reply".to_owned(),
        Step::Admit { partitions, rate, burst, by_weight: false } => {
            format!("admit {{ rate = {rate}rps, partitions = {partitions}, burst = {burst} }}")
        }
        other => return Err(format!("a step: {other:?}")),
    })
}

fn names(model: &Model, call: &Call) -> (String, String) {
    let component = &model.components[call.endpoint.component.0 as usize];
    (component.name.clone(), component.endpoints[call.endpoint.index as usize].name.clone())
}

fn keys(Keys { keys, skew }: Keys) -> String {
    if skew == 0.0 { format!("uniform(n = {keys})") } else { format!("zipf(n = {keys}, s = {skew})") }
}

fn distribution(distribution: &Distribution) -> Result<String, String> {
    Ok(match distribution {
        Distribution::Constant(value) => format!("{value}ns"),
        Distribution::Exponential(mean) => format!("exp({mean}ns)"),
        Distribution::Uniform(low, high) => format!("uniform({low}ns, {high}ns)"),
        Distribution::Gamma { mean, cv } => format!("gamma(mean = {mean}ns, cv = {cv})"),
        Distribution::Pareto { low, high, alpha } => format!("pareto(low = {low}ns, high = {high}ns, alpha = {alpha})"),
        Distribution::LogNormal { median, sigma } => {
            format!("lognormal(p50 = {median}ns, p99 = {}ns)", median * (sigma * 2.326_347_874_040_841).exp())
        }
        Distribution::Values(values) => {
            let values: Vec<String> = values.iter().map(|value| format!("{value}ns")).collect();
            format!("values([{}])", values.join(", "))
        }
        other => return Err(format!("a distribution: {other:?}")),
    })
}

fn arrivals(arrivals: &Arrivals) -> Result<String, String> {
    Ok(match arrivals {
        Arrivals::Open { gaps: Gaps::Poisson, rate: RateProfile::Steady(rate) } => format!("open = poisson({rate}rps)"),
        Arrivals::Open { gaps: Gaps::Constant, rate: RateProfile::Steady(rate) } => {
            format!("open = constant({rate}rps)")
        }
        Arrivals::Closed { users, think } => format!("closed = users({users}, think = {})", distribution(think)?),
        other => return Err(format!("arrivals: {other:?}")),
    })
}

fn discipline(discipline: Discipline) -> String {
    match discipline {
        Discipline::Fifo => "fifo".to_owned(),
        Discipline::Lifo => "lifo".to_owned(),
        Discipline::Random => "random".to_owned(),
        Discipline::AdaptiveLifo => "adaptive_lifo".to_owned(),
        Discipline::Preemptive => "preemptive".to_owned(),
        Discipline::PreemptiveLifo => "preemptive_lifo".to_owned(),
        Discipline::CoDel { target_ns, interval_ns } => format!("codel({target_ns}ns, {interval_ns}ns)"),
    }
}

fn balance(balance: &Balance) -> Result<String, String> {
    Ok(match balance {
        Balance::RoundRobin => "round_robin".to_owned(),
        Balance::Random => "random".to_owned(),
        Balance::Least => "least_loaded".to_owned(),
        Balance::Choices(n) => format!("power_of({n})"),
        Balance::Weighted(weights) => format!("weighted({weights:?})"),
        Balance::Hash => "hash".to_owned(),
        Balance::Ring => "ring".to_owned(),
        Balance::Maglev => "maglev".to_owned(),
        Balance::Sticky => "sticky".to_owned(),
    })
}

/// What an effect is on, and the parameter that it changes there.
fn words(parameter: Parameter) -> Option<(&'static str, &'static str)> {
    Some(match parameter {
        Parameter::LinkDelay(_) => ("link", "link.delay"),
        Parameter::LinkJitter(_) => ("link", "link.jitter"),
        Parameter::LinkLossRequest(_) => ("link", "link.loss_request"),
        Parameter::LinkLossReply(_) => ("link", "link.loss_reply"),
        Parameter::StationService(_) => ("replica", "station.service"),
        Parameter::StationErrors(_) => ("replica", "station.errors"),
        Parameter::StationFlaws(_) => ("replica", "station.flaws"),
        Parameter::StationSpeed(_) => ("replica", "station.speed"),
        Parameter::StationDown(_) => ("replica", "station.down"),
        Parameter::StoreHits(_) => ("store", "store.hits"),
        Parameter::SourceRate(_) => ("source", "source.rate"),
        _ => return None,
    })
}

fn fault(text: &mut String, index: usize, effect: &Effect) -> Result<(), String> {
    if effect.random.is_some() || effect.when.is_some() || effect.ramp_ns > 0 {
        return Err("effects that come by themselves or slowly".to_owned());
    }
    if matches!(effect.parameter, Parameter::StoreClear(_)) {
        let _ = writeln!(text, "fault f{index} on store {{ clear store }}");
        return Ok(());
    }
    let (on, path) = words(effect.parameter).ok_or_else(|| format!("a parameter: {:?}", effect.parameter))?;
    let (op, value) = match effect.op {
        EffectOp::Set => ("=", effect.value),
        EffectOp::Multiply => ("*=", effect.value),
        EffectOp::Add => ("+=", effect.value),
        EffectOp::Combine => ("|=", effect.value),
        EffectOp::Or => ("|=", effect.value),
    };
    let value = match effect.parameter {
        Parameter::LinkDelay(_) | Parameter::LinkJitter(_) => format!("{value}ns"),
        Parameter::LinkLossRequest(_) | Parameter::LinkLossReply(_) => format!("{}%", value * 100.0),
        Parameter::StationErrors(_) | Parameter::StationFlaws(_) => format!("{}%", value * 100.0),
        Parameter::SourceRate(_) if effect.op == EffectOp::Set => format!("{value}rps"),
        _ => format!("{value}"),
    };
    let _ = writeln!(text, "fault f{index} on {on} {{ {path} {op} {value} }}");
    Ok(())
}

fn target(model: &Model, effect: &Effect) -> String {
    match effect.parameter {
        Parameter::LinkDelay(edge)
        | Parameter::LinkJitter(edge)
        | Parameter::LinkLossRequest(edge)
        | Parameter::LinkLossReply(edge) => {
            let edge = &model.edges[edge.0 as usize];
            let from = edge.from.map_or("", |from| model.components[from.0 as usize].name.as_str());
            format!("{from} -> {}", model.components[edge.to.0 as usize].name)
        }
        Parameter::SourceRate(source) => model.sources[source as usize].name.clone(),
        Parameter::StoreHits(component) | Parameter::StoreClear(component) => {
            model.components[component.0 as usize].name.clone()
        }
        Parameter::StationService(component)
        | Parameter::StationErrors(component)
        | Parameter::StationFlaws(component)
        | Parameter::StationSpeed(component)
        | Parameter::StationDown(component) => {
            let component = &model.components[component.0 as usize];
            match effect.count {
                1 if component.replicas > 1 => format!("{}[{}]", component.name, effect.first),
                count if count < component.replicas => {
                    format!("{}[{}..{}]", component.name, effect.first, effect.first + count - 1)
                }
                _ => component.name.clone(),
            }
        }
        _ => String::new(),
    }
}
