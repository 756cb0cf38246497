//! Which table a row is of, told by the code that reads it.
//!
//! Rows never change, so a linker that knows them all can put a number in the place of a read: where a field is the same in
//! each row of a table, or where the row is known. It must know of which table the row is. In the machine's own build a row
//! therefore begins with a [`Tag`], which takes room in the type and none in memory: the offset with which the machine's code
//! reads a field is that of the field and, above it, the number of the table. The build script of the linker takes it from there.

#[cfg(not(feature = "machine"))]
use super::Header;
#[cfg(not(feature = "machine"))]
use core::{mem::offset_of, ops::Range};

/// What a tag is a multiple of. No row is as large.
pub const TAG_BYTES: usize = 1 << 20;

/// Tags that are left out: the others look like no address of the machine's own data, like no number that it reckons with, and
/// leave a row smaller than a type can be.
const FIRST: usize = 0x50D;

/// Stands before a row of some table, in the machine's own build.
#[cfg(feature = "machine")]
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Tag<const N: usize>([u8; N]);

#[cfg(feature = "machine")]
impl<const N: usize> core::fmt::Debug for Tag<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Tag")
    }
}

#[cfg(feature = "machine")]
impl<const N: usize> Default for Tag<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

/// A table whose rows are tagged.
#[cfg(not(feature = "machine"))]
#[derive(Debug)]
pub struct TaggedTable {
    /// Where the header has it.
    pub header_offset: usize,
    /// Bytes of a row.
    pub row_bytes: usize,
    /// Where several fields are in a row of which one is chosen by its number.
    pub arrays: &'static [Range<usize>],
}

macro_rules! tagged {
    ($($row:ident $table:ident $([$($array:ident)*])?,)*) => {
        /// Tables whose rows are tagged. What is an array in a row is named here.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs)]
        pub enum Tagged {
            $($row,)*
        }

        impl Tagged {
            /// How many there are.
            pub const COUNT: usize = [$(Tagged::$row,)*].len();
            /// Bytes of a row of each, in memory.
            const ROW_BYTES: [usize; Self::COUNT] = [$(size_of::<super::$row>() % TAG_BYTES,)*];
        }

        /// Each of them.
        #[cfg(not(feature = "machine"))]
        pub static TAGGED: [TaggedTable; Tagged::COUNT] = [$(TaggedTable {
            header_offset: offset_of!(Header, $table),
            row_bytes: size_of::<super::$row>(),
            arrays: &[$($({
                let first = offset_of!(super::$row, $array);
                // SAFETY: a row is of numbers.
                let row: super::$row = unsafe { core::mem::zeroed() };
                first..first + size_of_val(&row.$array)
            },)*)?],
        },)*];
    };
}

tagged! {
    Component components,
    Edge edges [purposes],
    Policy policies,
    Site sites,
    Conduct conducts,
    Pacing pacings,
    Source sources,
    Flow flows,
    Distribution distributions,
    Branch branches,
    Store stores,
    Keyspace keyspaces,
    Keeping keepings,
    Admission admissions,
    Balancing balancings,
    Connections connections,
    EdgeHistogram edge_histograms,
    Link links,
    Sizes sizes [purpose factor how distribution],
    Pace paces,
    Quota quotas [base burst cell],
    Price prices,
    PromptCache caches,
    Budget budgets,
    Context contexts,
    Intake intakes [purposes],
    Group groups,
    Subscription subscriptions,
    Gather gathers,
    Cluster clusters,
    EdgeStrain edge_strains,
    ComponentStrain component_strains,
    Calm calms,
    Gain gains,
    Peak peaks,
}

impl Tagged {
    /// Bytes of a tag.
    #[must_use]
    pub const fn bytes(self) -> usize {
        (FIRST + self as usize) * TAG_BYTES
    }

    /// The table, by its number, whose tag an offset has, and the offset without it.
    #[must_use]
    pub const fn of_offset(tagged: u32) -> Option<(usize, u32)> {
        let offset = tagged % TAG_BYTES as u32;
        match (tagged as usize / TAG_BYTES).checked_sub(FIRST) {
            Some(number) if number < Self::COUNT && (offset as usize) < Self::ROW_BYTES[number] => {
                Some((number, offset))
            }
            _ => None,
        }
    }

    /// Whether a number could be taken for a tag and something that is in no row.
    #[must_use]
    pub const fn seems(number: u32) -> bool {
        let table = (number as usize / TAG_BYTES).wrapping_sub(FIRST);
        table < Self::COUNT && Self::of_offset(number).is_none()
    }
}
