//! Effects of generated models that wait for conditions.

use super::{Generator, MS};
use rand::RngExt;
use sysdl_kernel::columns::{component, edge};
use sysdl_lower::model::{Cell, Comparison, ComponentId, Condition, EdgeId, Effect, Order, Trigger, When};

impl Generator {
    /// A condition on what some windows have counted.
    pub(super) fn trigger(&mut self) -> Trigger {
        let condition = match self.rng.random_range(0..3) {
            0 => Condition::And(Box::new(self.comparison()), Box::new(self.comparison())),
            1 => Condition::Or(Box::new(self.comparison()), Box::new(self.comparison())),
            _ => self.comparison(),
        };
        Trigger { condition, for_ns: self.rng.random_range(0..=600) * MS, from_ns: 0, until_ns: None }
    }

    fn comparison(&mut self) -> Condition {
        let c = ComponentId(self.rng.random_range(0..self.components.len()) as u32);
        let e = EdgeId(self.rng.random_range(0..self.edges.len()) as u32);
        let of = |column: usize| Cell::Component(c, column as u32);
        let percent = self.rng.random_range(1..=60) * 10_000;
        let (left, right, factor, bound, largest) = match self.rng.random_range(0..5) {
            0 => {
                let [busy, capacity] = component::busy_of(self.rng.random_range(0..=1)).map(of);
                (vec![busy], vec![capacity], 1_000_000, percent, false)
            }
            1 => (vec![of(component::QUEUE)], vec![], 1, self.rng.random_range(0..=5), false),
            2 => (vec![of(component::SOJOURN_P99)], vec![], 1, self.rng.random_range(1..=30) * MS, true),
            3 => {
                let (failed, ok) = (Cell::Edge(e, edge::FAILED as u32), Cell::Edge(e, edge::OK as u32));
                (vec![failed], vec![failed, ok], 1_000_000, percent / 10, false)
            }
            _ => (vec![of(component::ARRIVALS)], vec![], 1, self.rng.random_range(0..=300), false),
        };
        let orders =
            [Order::Less, Order::LessEqual, Order::Greater, Order::GreaterEqual, Order::Equal, Order::NotEqual];
        let order = orders[self.rng.random_range(0..orders.len())];
        Condition::Compare(Comparison { left, largest, factor, order, right, bound, scale: 1 })
    }

    /// Some effects have no times of their own but wait.
    pub(super) fn wait_for_triggers(&mut self, effects: &mut [Effect], triggers: u32) {
        for effect in effects {
            if self.chance(0.5) {
                let lasting_ns = self.chance(0.8).then(|| self.rng.random_range(1..=500) * MS);
                effect.when = Some(When { trigger: self.rng.random_range(0..triggers), lasting_ns });
                (effect.start_ns, effect.end_ns, effect.ramp_ns, effect.random) = (0, None, 0, None);
            }
        }
    }
}
