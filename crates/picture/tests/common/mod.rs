//! Numbers for random graphs.

/// A draw of numbers, the same on every machine.
pub struct Draw(pub u64);

impl Draw {
    pub fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(bound.max(1))) as u32
    }
}
