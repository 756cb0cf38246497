//! Stations that a formula describes.
//!
//! Before: a model.
//! After: a prediction for each component whose station is a plain queue under steady Poisson load. Everything that the
//! formulas do not know (faults, limits, patience, batches, whatever comes later) rules a station out: a prediction that is
//! missing is better than one that is wrong.

mod formulas;

use super::load::{self, Load};
use crate::resolve::distributions::{deviation, mean};
use formulas::Steady;
use sysdl_lower::model::{
    Arrivals, Balance, Component, ComponentId, Conduct, Discipline, Distribution, Edge, Gaps, Hold, Model, Queueing,
    RateProfile, Source, Station, Step,
};
use sysdl_runtime::theory::Prediction;

/// Standard deviations of a Poisson number that it hardly ever exceeds.
const POISSON_TAIL: f64 = 5.0;
/// Multiples of its mean that a geometric number hardly ever exceeds.
const GEOMETRIC_TAIL: f64 = 8.0;

/// Predictions of all components that have one.
pub(crate) fn predict(model: &Model) -> Vec<Prediction> {
    if !model.effects.is_empty() || !model.sources.iter().all(is_steady_poisson) {
        return Vec::new();
    }
    let Some(loads) = load::estimate(model) else { return Vec::new() };
    let exact = poisson(model);
    let stations = loads.iter().zip(exact).enumerate();
    stations.filter_map(|(index, (load, exact))| station(model, index, load, exact)).collect()
}

/// What the formulas say of the component of an index.
fn station(model: &Model, index: usize, load: &Load, exact: bool) -> Option<Prediction> {
    let component = &model.components[index];
    if !is_plain(component) || load.visits <= 0.0 {
        return None;
    }
    let service = service(component, load)?;
    let (rate, servers) = queue(model, component, load.visits)?;
    let (formula, steady) = formula(component, rate, servers, &service)?;
    let queues = load.visits / rate;
    if !arrives_freely(model, index, queues * most_present(component, rate, servers, &steady)) {
        return None;
    }
    Some(Prediction {
        component: component.name.clone(),
        arrivals_rps: load.visits,
        formula,
        exact,
        utilization: steady.utilization,
        waiting_s: steady.waiting_s,
        sojourn_s: steady.sojourn_s,
        rejected: steady.rejected,
    })
}

/// Whether a component is nothing but what the formulas know. Every field is named, so that nobody forgets a new one.
fn is_plain(component: &Component) -> bool {
    let Component {
        name: _,
        kind: _,
        replicas: _,
        zones,
        station,
        store: _,
        endpoints: _,
        monthly_usd: _,
        fleet,
        cluster,
        watched,
        leaders,
    } = component;
    let alike = *zones == 0 && fleet.is_none() && cluster.is_none() && !watched && leaders.is_none();
    alike && is_plain_station(station)
}

fn is_plain_station(station: &Station) -> bool {
    let Station {
        servers: _,
        queue_capacity: _,
        hold: _,
        queue: _,
        overflow: _,
        discipline: _,
        sharing: _,
        limit,
        quota,
        patience,
        setup,
        batch,
        retry_after_ns,
        group,
    } = station;
    let unlimited = limit.is_none() && quota.is_none() && retry_after_ns.is_none();
    unlimited && patience.is_none() && setup.is_none() && batch.is_none() && group.is_none()
}

/// Whether whoever asks the component of an index does so however many are there already, up to `most`.
fn arrives_freely(model: &Model, index: usize, most: f64) -> bool {
    let mut inward = model.edges.iter().filter(|edge| edge.to.0 as usize == index);
    inward.all(|edge| {
        let caller = edge.from.map(|from| &model.components[from.0 as usize]);
        is_plain_edge(edge) && caller.is_none_or(|caller| has_servers_for(caller, most))
    })
}

/// Whether an edge hands over what it gets at once and one by one. Every field is named, so that nobody forgets a new one.
fn is_plain_edge(edge: &Edge) -> bool {
    let Edge {
        name: _,
        from: _,
        to: _,
        latency: _,
        loss: _,
        balance: _,
        breaker: _,
        permits,
        eligibility: _,
        zones: _,
        conduct: Conduct { throttle, retransmit: _, measured: _ },
        bandwidth,
        subscription: _,
        gather,
        connections: _,
    } = edge;
    permits.is_none() && throttle.is_none() && bandwidth.is_none() && gather.is_none()
}

/// Whether a caller whose servers wait for what they ask for has so many that they do not hold back what comes.
fn has_servers_for(caller: &Component, most: f64) -> bool {
    let servers = caller.station.servers.filter(|_| caller.station.hold == Hold::Visit);
    servers.is_none_or(|servers| f64::from(servers) * f64::from(caller.replicas) >= most)
}

/// How many are hardly ever exceeded at a queue: far out in the tail of Poisson for servers, of geometric for what waits.
fn most_present(component: &Component, rate: f64, servers: Option<u32>, steady: &Steady) -> f64 {
    let present = rate * (1.0 - steady.rejected) * steady.sojourn_s;
    let places = servers.map_or(f64::INFINITY, f64::from);
    let room = component.station.queue_capacity.map_or(f64::INFINITY, f64::from);
    let (busy, tail) = match steady.utilization {
        Some(share) => (share * servers.map_or(1.0, f64::from), share),
        None => (present, 0.0),
    };
    let waiting = (present - busy).max(0.0) + tail;
    (busy + POISSON_TAIL * busy.sqrt()).min(places) + (GEOMETRIC_TAIL * waiting).min(room)
}

fn is_steady_poisson(source: &Source) -> bool {
    let Source { name: _, arrivals, mix: _, batch, session } = source;
    let steady = matches!(arrivals, Arrivals::Open { gaps: Gaps::Poisson, rate: RateProfile::Steady(_) });
    steady && batch.is_none() && session.is_none()
}

/// A service time.
struct Service {
    mean_s: f64,
    cv: f64,
    exponential: bool,
}

/// The service time of a component whose visits are one piece of work each.
fn service(component: &Component, load: &Load) -> Option<Service> {
    let times: Vec<&Distribution> =
        component.endpoints.iter().map(|endpoint| work(&endpoint.steps, false)).collect::<Option<_>>()?;
    let (first, rest) = times.split_first()?;
    // Endpoints that differ make a mixture whose weights are not known here.
    if rest.iter().any(|time| time != first) || component.endpoints.iter().any(|endpoint| endpoint.priority > 0) {
        return None;
    }
    let mean_s = mean(first) / 1e9;
    let plausible = (load.work_ns / load.visits / 1e9 - mean_s).abs() <= 1e-6 * mean_s;
    let exponential = matches!(first, Distribution::Exponential(_));
    (plausible && mean_s > 0.0).then_some(Service { mean_s, cv: deviation(first)? / 1e9 / mean_s, exponential })
}

/// The one piece of work that steps are, perhaps among calls.
fn work(steps: &[Step], among_calls: bool) -> Option<&Distribution> {
    let mut found = None;
    for step in steps {
        match step {
            Step::Work(time) if found.is_none() => found = Some(time),
            Step::Call(_) | Step::Send(_) if among_calls => {}
            _ => return None,
        }
    }
    found
}

/// Arrivals per second at one of its queues, and the servers behind it.
fn queue(model: &Model, component: &Component, rate: f64) -> Option<(f64, Option<u32>)> {
    let (servers, replicas) = (component.station.servers, component.replicas);
    if replicas == 1 {
        return Some((rate, servers));
    }
    if component.station.queue == Queueing::Shared {
        return Some((rate, servers.map(|servers| servers * replicas)));
    }
    let leads_here = |to: ComponentId| model.components[to.0 as usize].name == component.name;
    let random = model.edges.iter().filter(|edge| leads_here(edge.to)).all(|edge| edge.balance == Balance::Random);
    random.then(|| (rate / f64::from(replicas), servers))
}

fn formula(component: &Component, rate: f64, servers: Option<u32>, service: &Service) -> Option<(String, Steady)> {
    let station = &component.station;
    let letter = if service.exponential {
        "M"
    } else if service.cv == 0.0 {
        "D"
    } else {
        "G"
    };
    let blind = matches!(station.discipline, Discipline::Fifo | Discipline::Lifo | Discipline::Random);
    match (&station.sharing, servers, station.queue_capacity) {
        (Some(sharing), None, _) if sharing.cores == Some(1.0) && sharing.contention + sharing.coherency == 0.0 => {
            let steady = formulas::mg1_sharing(rate, service.mean_s)?;
            Some((format!("M/{letter}/1 processor sharing"), steady))
        }
        (Some(_), ..) => None,
        (None, None, _) => Some((format!("M/{letter}/∞"), formulas::mginf(service.mean_s))),
        (None, Some(c), Some(0)) if station.hold == Hold::Visit || letter == "M" => {
            Some((format!("M/{letter}/{c}/{c} (Erlang B)"), formulas::mgcc(rate, service.mean_s, c)))
        }
        (None, Some(c), Some(room)) if service.exponential => {
            Some((format!("M/M/{c}/{}", c + room), formulas::mmck(rate, service.mean_s, c, room)))
        }
        (None, Some(c), None) if service.exponential && blind => {
            let name = if c == 1 { "M/M/1".to_owned() } else { format!("M/M/{c} (Erlang C)") };
            Some((name, formulas::mmc(rate, service.mean_s, c)?))
        }
        (None, Some(1), None) if blind => {
            let steady = formulas::mg1(rate, service.mean_s, service.cv)?;
            Some((format!("M/{letter}/1 (Pollaczek-Khinchine)"), steady))
        }
        _ => None,
    }
}

/// Whether arrivals at each component are exactly Poisson: they come from sources, or by way of components that hand on a
/// Poisson process as one.
fn poisson(model: &Model) -> Vec<bool> {
    let mut poisson = vec![true; model.components.len()];
    let hands_on = hands_on(model);
    loop {
        let mut changed = false;
        for edge in &model.edges {
            if let Some(from) = edge.from
                && !(poisson[from.0 as usize] && hands_on[from.0 as usize])
            {
                changed |= std::mem::replace(&mut poisson[edge.to.0 as usize], false);
            }
        }
        if !changed {
            return poisson;
        }
    }
}

/// By component, whether what it asks for is Poisson if what it is asked for is: it keeps order like a reversible queue
/// does, and so does all that it waits for before it asks for something else.
fn hands_on(model: &Model) -> Vec<bool> {
    let reversible: Vec<bool> = model.components.iter().map(is_reversible).collect();
    let mut callees = vec![(0, true); model.components.len()];
    for edge in &model.edges {
        if let Some(from) = edge.from {
            let (count, all) = &mut callees[from.0 as usize];
            *count += 1;
            *all &= reversible[edge.to.0 as usize];
        }
    }
    reversible.iter().zip(callees).map(|(own, (count, all))| *own && (count <= 1 || all)).collect()
}

/// Infinitely many servers; or exponential service first come first served, without bound, held for work (Burke).
fn is_reversible(component: &Component) -> bool {
    let station = &component.station;
    let exponential = |steps: &[Step]| matches!(work(steps, true), Some(Distribution::Exponential(_)));
    let burke = (station.hold == Hold::Work || component.endpoints.iter().all(|e| work(&e.steps, false).is_some()))
        && component.replicas == 1
        && station.queue_capacity.is_none()
        && component.endpoints.iter().all(|endpoint| exponential(&endpoint.steps));
    is_plain(component) && station.sharing.is_none() && (station.servers.is_none() || burke)
}
