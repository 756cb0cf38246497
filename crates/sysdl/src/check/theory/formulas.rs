//! Queues with a formula. Rates are per second, times in seconds.
//!
//! Symbols are the field's: λ arrival rate, µ service rate, c servers, K places (servers and waiting room), a = λ/µ offered
//! load in erlangs, ρ = a/c utilization.

/// What a formula says of a station in its steady state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Steady {
    /// Busy share of the servers; `None` where there are as many as needed.
    pub utilization: Option<f64>,
    /// Mean waiting time of those that are served.
    pub waiting_s: f64,
    /// Mean sojourn time of those that are served.
    pub sojourn_s: f64,
    /// Share of arrivals that find no place.
    pub rejected: f64,
}

/// Erlang B: the share of Poisson arrivals that find `servers` busy when nobody waits, whatever the service time.
#[must_use]
pub fn erlang_b(offered: f64, servers: u32) -> f64 {
    (1..=servers).fold(1.0, |blocked, n| offered * blocked / (f64::from(n) + offered * blocked))
}

/// Erlang C: the share of Poisson arrivals that wait when service is exponential. 1 at or beyond saturation.
#[must_use]
pub fn erlang_c(offered: f64, servers: u32) -> f64 {
    let utilization = offered / f64::from(servers);
    if utilization >= 1.0 {
        return 1.0;
    }
    let blocked = erlang_b(offered, servers);
    blocked / (1.0 - utilization * (1.0 - blocked))
}

/// M/M/c. `None` beyond saturation.
#[must_use]
pub fn mmc(arrival_rate: f64, service_s: f64, servers: u32) -> Option<Steady> {
    let offered = arrival_rate * service_s;
    let utilization = offered / f64::from(servers);
    (utilization < 1.0).then(|| {
        let waiting_s = erlang_c(offered, servers) * service_s / (f64::from(servers) - offered);
        Steady { utilization: Some(utilization), waiting_s, sojourn_s: waiting_s + service_s, rejected: 0.0 }
    })
}

/// M/G/1 by Pollaczek and Khinchine: `cv` is the coefficient of variation of the service time. `None` beyond saturation.
#[must_use]
pub fn mg1(arrival_rate: f64, service_s: f64, cv: f64) -> Option<Steady> {
    let utilization = arrival_rate * service_s;
    (utilization < 1.0).then(|| {
        let waiting_s = utilization * service_s * (1.0 + cv * cv) / (2.0 * (1.0 - utilization));
        Steady { utilization: Some(utilization), waiting_s, sojourn_s: waiting_s + service_s, rejected: 0.0 }
    })
}

/// M/G/1 with processor sharing: only the mean of the service time matters. `None` beyond saturation.
#[must_use]
pub fn mg1_sharing(arrival_rate: f64, service_s: f64) -> Option<Steady> {
    let utilization = arrival_rate * service_s;
    (utilization < 1.0).then(|| Steady {
        utilization: Some(utilization),
        waiting_s: 0.0,
        sojourn_s: service_s / (1.0 - utilization),
        rejected: 0.0,
    })
}

/// M/M/c/K: exponential service, `room` places to wait.
#[must_use]
pub fn mmck(arrival_rate: f64, service_s: f64, servers: u32, room: u32) -> Steady {
    let offered = arrival_rate * service_s;
    let places = servers + room;
    // Weights of the states relative to the empty one, kept in range by dividing all when one grows large.
    let mut weights = vec![1.0_f64];
    for n in 1..=places {
        let next = weights[n as usize - 1] * offered / f64::from(n.min(servers));
        weights.push(next);
        if next > 1e200 {
            weights.iter_mut().for_each(|weight| *weight /= 1e200);
        }
    }
    let total: f64 = weights.iter().sum();
    let share = |n: u32| weights[n as usize] / total;
    let rejected = share(places);
    let waiting: f64 = (servers..=places).map(|n| f64::from(n - servers) * share(n)).sum();
    let carried = arrival_rate * (1.0 - rejected);
    let waiting_s = if carried > 0.0 { waiting / carried } else { 0.0 };
    let utilization = Some(carried * service_s / f64::from(servers));
    Steady { utilization, waiting_s, sojourn_s: waiting_s + service_s, rejected }
}

/// M/G/c/c: nobody waits, and only the mean of the service time matters.
#[must_use]
pub fn mgcc(arrival_rate: f64, service_s: f64, servers: u32) -> Steady {
    let rejected = erlang_b(arrival_rate * service_s, servers);
    let utilization = Some(arrival_rate * (1.0 - rejected) * service_s / f64::from(servers));
    Steady { utilization, waiting_s: 0.0, sojourn_s: service_s, rejected }
}

/// M/G/∞.
#[must_use]
pub fn mginf(service_s: f64) -> Steady {
    Steady { utilization: None, waiting_s: 0.0, sojourn_s: service_s, rejected: 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, exact: f64) {
        // The tables have six places.
        assert!((found - exact).abs() <= 1e-6, "{found} instead of {exact}");
    }

    #[test]
    fn blocking_and_waiting_are_erlangs() {
        close(erlang_b(8.0, 10), 0.121_661_06);
        close(erlang_b(2.0, 3), 0.210_526_32);
        close(erlang_b(90.0, 100), 0.026_957_38);
        close(erlang_c(1.5, 2), 0.642_857);
        close(erlang_c(9.0, 10), 0.668_732);
    }

    #[test]
    fn waits_are_those_of_the_tables() {
        close(mmc(8.0, 0.1, 1).expect("it is stable").sojourn_s, 0.5);
        close(mmc(16.0, 0.2, 4).expect("it is stable").waiting_s, 0.149_108);
        close(mmc(190.0, 0.5, 100).expect("it is stable").waiting_s, 0.050_646);
        close(mg1(8.0, 0.1, 0.0).expect("it is stable").sojourn_s, 0.3);
        close(mg1(8.0, 0.1, 2.0).expect("it is stable").sojourn_s, 1.1);
        close(mg1_sharing(8.0, 0.1).expect("it is stable").sojourn_s, 0.5);
        assert_eq!((mmc(11.0, 0.1, 1), mg1(10.0, 0.1, 1.0), mg1_sharing(10.0, 0.1)), (None, None, None));
    }

    #[test]
    fn bounded_rooms_turn_away_what_the_tables_say() {
        for (rate, servers, places, rejected, waiting_s) in [
            (12.0, 1, 5, 0.250_588, 0.235_949),
            (8.0, 1, 10, 0.023_493, 0.279_710),
            (18.0, 2, 10, 0.054_807, 0.151_648),
            (100.0, 10, 20, 0.068_212, 0.040_263),
        ] {
            let found = mmck(rate, 0.1, servers, places - servers);
            assert!((found.rejected - rejected).abs() < 2e-6, "{found:?}");
            assert!((found.waiting_s - waiting_s).abs() < 2e-6, "{found:?}");
        }
        close(mmck(1e9, 0.1, 1_000, 10_000).utilization.expect("it is bounded"), 1.0);
    }
}
