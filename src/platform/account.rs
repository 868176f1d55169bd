//! The tree of accounts.

use smol_str::SmolStr;

use super::resource::ResourceId;

/// Index into [`super::Platform::accounts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub u32);

/// Index into [`super::Platform::units`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitId(pub u32);

/// An organization.
#[derive(Clone, Debug)]
pub struct Organization {
    /// Its declaration.
    pub resource: ResourceId,
    /// `o-…`, where given.
    pub id: Option<SmolStr>,
}

/// An organizational unit.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Its declaration.
    pub resource: ResourceId,
    /// The organization it is in, by index.
    pub organization: u32,
    /// The unit above; `None` below the root.
    pub parent: Option<UnitId>,
}

/// An account.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its declaration.
    pub resource: ResourceId,
    /// The name in the program, which names its folder in the output.
    pub name: SmolStr,
    /// Twelve digits.
    pub id: SmolStr,
    /// The region that its resources are in.
    pub region: SmolStr,
    /// The organization, by index; `None` is an external account.
    pub organization: Option<u32>,
    /// The unit it is in; `None` directly below the root.
    pub unit: Option<UnitId>,
    /// Whether it is the organization's management account, which no service control policy binds: the one directly below the root that is
    /// named `management` or says `management = true`.
    pub management: bool,
    /// Whether it belongs to somebody else, so that nothing is generated for it: it says `external = true`, or stands outside the organization
    /// where the program has one.
    pub external: bool,
}
