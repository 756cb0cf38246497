//! What operations refer to besides each other.

/// A distribution.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Distribution {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::Distribution.bytes() }>,
    /// Nanoseconds per unit.
    pub scale: f64,
    /// Nanoseconds added.
    pub offset: f64,
    /// 0 constant, 1 uniform, 2 table, 3 + n: one of n [`crate::shape::Point`]s.
    pub form: u32,
    /// Address of the unit table, or of the points.
    pub table: u32,
}

/// A branch of a fork.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Branch {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::Branch.bytes() }>,
    /// Hash of its path.
    pub path: u64,
    /// Label where it begins.
    pub entry: u32,
    /// Unused.
    pub pad: u32,
}
