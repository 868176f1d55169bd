//! AWS as the standard library (`stdlib/`) describes it: resource kinds with their fields, enums, constructors, services with their actions and
//! ARN formats, capabilities, integrations, SQL functions and limits. Plain data, read by every later stage; no option of AWS is named in Rust
//! unless its meaning is more than its spelling.

pub mod condition;
pub mod files;
pub mod functions;
pub mod models;
pub mod read;
pub mod types;

pub use condition::Condition;

use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use functions::PipelineFunction;

use crate::{
    diagnostic::Diagnostics,
    platform::{Base, DataType, Refinement},
    source::{SourceMap, Span},
    syntax::{
        self,
        ast::{Expr, Module, TypeExpr},
    },
};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        $($(#[$doc])* #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)] pub struct $name(pub u32);)*
    };
}

ids! {
    /// Index into [`Library::kinds`].
    KindId;
    /// Index into [`Library::enums`].
    EnumId;
    /// Index into [`Library::families`].
    FamilyId;
    /// Index into [`Library::constructors`].
    ConstructorId;
    /// Index into [`Library::services`].
    ServiceId;
    /// Index into [`Library::actions`].
    ActionId;
    /// Index into [`Library::capabilities`].
    CapabilityId;
    /// Index into [`Library::integrations`].
    IntegrationId;
    /// Index into [`Library::conditions`].
    ConditionId;
    /// Index into [`Library::pipeline_functions`].
    PipelineFunctionId;
}

/// The whole standard library, resolved.
#[derive(Clone, Debug, Default)]
pub struct Library {
    /// `kind bucket in account { … }`.
    pub kinds: Vec<Kind>,
    /// `enum verify_mode { … }`.
    pub enums: Vec<Enum>,
    /// Names behind a constructor's `:`: values of one family may stand for each other.
    pub families: Vec<Family>,
    /// `constructor nfs : transfer_location { … }`.
    pub constructors: Vec<Constructor>,
    /// `service s3 { … }`.
    pub services: Vec<Service>,
    /// All actions of all services.
    pub actions: Vec<Action>,
    /// `capability read on bucket { … }`.
    pub capabilities: Vec<Capability>,
    /// `integration lambda … { … }`.
    pub integrations: Vec<Integration>,
    /// `condition mfa : boolean { … }`.
    pub conditions: Vec<Condition>,
    /// `sql_function UPPER(text: string) -> string`, sorted by name.
    pub sql_functions: Vec<SqlFunction>,
    /// `pipeline_function upper(text: string) -> string`, in the order of their names.
    pub pipeline_functions: Vec<PipelineFunction>,
    /// `cloudformation s3 { call bucket = s3.CreateBucket { … } }`: what CloudFormation has in place of a request, by the request.
    pub stacked: FxHashMap<(SmolStr, SmolStr), Vec<Call>>,
    /// `terraform s3 { call bucket = s3.CreateBucket { … } }`: what Terraform has.
    pub rooted: FxHashMap<(SmolStr, SmolStr), Vec<Call>>,
    /// `tagged storage { call key = kms.CreateKey { … } }`: where a request has the tags of what it makes.
    pub tagged: FxHashMap<(SmolStr, SmolStr), Call>,
    /// `watch sync { call failed = cloudwatch.PutMetricAlarm { … } }`: what watches over the declarations of a kind.
    pub watched: FxHashMap<KindId, Vec<Call>>,
    /// `limit managed_policy = 6144`.
    pub limits: FxHashMap<SmolStr, i64>,
    /// `label pii`, with the program's own ones.
    pub labels: Vec<SmolStr>,
    pub(crate) names: Names,
}

/// Where each name of the library leads.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    pub(crate) kinds: FxHashMap<SmolStr, KindId>,
    pub(crate) enums: FxHashMap<SmolStr, EnumId>,
    pub(crate) families: FxHashMap<SmolStr, FamilyId>,
    pub(crate) constructors: FxHashMap<SmolStr, Vec<ConstructorId>>,
    pub(crate) services: FxHashMap<SmolStr, ServiceId>,
    pub(crate) actions: FxHashMap<(ServiceId, SmolStr), ActionId>,
    pub(crate) capabilities: FxHashMap<(KindId, SmolStr), CapabilityId>,
    pub(crate) integrations: FxHashMap<SmolStr, IntegrationId>,
}

/// A kind of resource.
#[derive(Clone, Debug)]
pub struct Kind {
    /// `bucket`.
    pub name: SmolStr,
    /// What it is.
    pub doc: Option<SmolStr>,
    /// Where it may be declared.
    pub place: Place,
    /// How the name in AWS is made from the program's name where the field `name` is not given.
    pub naming: Naming,
    /// What a declaration of it may have beside fields.
    pub takes: Vec<Part>,
    /// The service that it belongs to: names the folder of its calls.
    pub service: Option<SmolStr>,
    /// Its ARN, with `{partition} {region} {account} {name}`, fields by name, and `{parent.field}`.
    pub arn: Option<SmolStr>,
    /// Whether its service acts for it, and says so in `aws:SourceArn`: a topic delivers, a bucket notifies.
    pub source: bool,
    /// Whether it holds data that is lost with it.
    pub keeps: bool,
    /// Whether AWS makes its ARN up: where none is given, whoever refers to it means what its calls answer.
    pub made_up: bool,
    /// The fields that AWS lets nobody change: another value is another resource.
    pub fixed: Vec<SmolStr>,
    /// The fields whose change is worth a note: what is kept, for how long, what is removed or compared.
    pub told: Vec<SmolStr>,
    /// Its fields.
    pub fields: Vec<FieldDecl>,
    /// The requests that make it, in order.
    pub calls: Vec<Call>,
    /// Where it is declared in the standard library.
    pub span: Span,
}

impl Kind {
    /// The index of a field in [`Self::fields`].
    pub fn field_index(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }
}

/// A part of a declaration beside its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// `(a: T)`
    Params,
    /// `-> T`
    Result,
    /// `: T`
    Type,
    /// `on X`
    On,
    /// `into X as SQL`
    Query,
    /// `= value`
    Value,
    /// `name : type` in the body
    Columns,
    /// Statements in the body
    Statements,
    /// `deny …` in the body
    Deny,
    /// Declarations in the body
    Declarations,
}

impl Part {
    /// The parts with their words, as `takes = [ … ]` and messages spell them.
    pub const ALL: &[(Self, &str)] = &[
        (Self::Params, "params"),
        (Self::Result, "result"),
        (Self::Type, "type"),
        (Self::On, "place"),
        (Self::Query, "query"),
        (Self::Value, "value"),
        (Self::Columns, "columns"),
        (Self::Statements, "statements"),
        (Self::Deny, "rules"),
        (Self::Declarations, "declarations"),
    ];
}

/// Where a declaration may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In an account: `in ACCOUNT` is needed.
    Account,
    /// Inside a declaration of another kind.
    Inside(KindId),
    /// Anywhere, belonging to no account.
    Anywhere,
}

/// How AWS's name follows from the program's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// `DataEngineering` stays.
    AsWritten,
    /// `data_lake` becomes `data-lake`.
    Kebab,
    /// Folded to lower case.
    Lower,
}

/// A field of a kind or of a constructor.
#[derive(Clone, Debug)]
pub struct FieldDecl {
    /// Its name.
    pub name: SmolStr,
    /// What it means.
    pub doc: Option<SmolStr>,
    /// Its type.
    pub ty: FieldType,
    /// Whether `none` is a value of it.
    pub nullable: bool,
    /// Conditions on its values.
    pub refinement: Refinement,
    /// What it is when it is not given. Neither default nor nullable means required.
    pub default: Option<Expr>,
    /// Whether its value is a bound that is promised, so that it may be written `name < value`.
    pub promise: bool,
    /// Where it goes in AWS's request.
    pub lowers_to: Option<Lowering>,
    /// Its place in the standard library.
    pub span: Span,
}

impl FieldDecl {
    /// Whether it must be given.
    pub fn required(&self) -> bool {
        self.default.is_none() && !self.nullable
    }
}

/// `-> create.Options.VerifyMode as seconds`.
#[derive(Clone, Debug)]
pub struct Lowering {
    /// The call, where the path begins with the name of one; else the first call.
    pub call: Option<SmolStr>,
    /// The members from the request's root.
    pub path: Vec<SmolStr>,
    /// How the value is spelled there.
    pub encoding: Encoding,
}

/// How a value is spelled in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// As it is: text, numbers, an enum's AWS spelling, a resource's ARN.
    Plain,
    /// A duration in whole seconds.
    Seconds,
    /// A duration in whole minutes.
    Minutes,
    /// A duration in whole hours.
    Hours,
    /// A duration in whole days.
    Days,
    /// A list of patterns as DataSync's filter rule: one, `SIMPLE_PATTERN`, joined by `|`.
    SimplePattern,
    /// A map as `[{Key, Value}]`.
    Tags,
    /// A reference's name instead of its ARN.
    Name,
    /// The value in a list of its own.
    Listed,
}

/// The type of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldType {
    /// Text, number, boolean, … and `location`.
    Data(Base),
    /// `30s`.
    Duration,
    /// `10GiB`.
    Size,
    /// An ARN as text, checked for its form. With the service and resource prefix that it must have, `datasync:agent/`, where the type says so.
    Arn(Option<SmolStr>),
    /// Twelve digits as text.
    AccountId,
    /// A region's name as text.
    Region,
    /// A variant of an enum.
    Enum(EnumId),
    /// A declaration of that kind.
    Resource(KindId),
    /// A value of a family's constructors.
    Construct(FamilyId),
    /// A role, an account or a service.
    Principal,
    /// A list of such.
    List(Box<FieldType>),
    /// Text to such.
    Map(Box<FieldType>),
    /// `column - delay`.
    Watermark,
    /// A column of the declaration's own.
    Column,
    /// The name of a label.
    Label,
    /// What a request must be like.
    Condition,
    /// An item of the table that another parameter names, or a part of one.
    Row(RowPart),
    /// What a permission is on: a declaration, a place in a bucket, an ARN as text.
    Target,
    /// A type that could not be read: a fault in the standard library, reported already.
    Unknown,
}

/// Which part of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowPart {
    /// All of it.
    Whole,
    /// The columns of its key.
    Key,
    /// The column by which the items are spread: of the table, or of the index that another parameter names.
    Partition,
    /// A value of the column by which those are sorted.
    Sort,
    /// How such a value begins.
    SortStart,
    /// The name of one of the table's indexes.
    Index,
    /// Any of the columns beside the key.
    Rest,
}

/// `enum verify_mode { none = "NONE" }`.
#[derive(Clone, Debug)]
pub struct Enum {
    /// Its name.
    pub name: SmolStr,
    /// What it is.
    pub doc: Option<SmolStr>,
    /// Its variants: name, AWS's spelling, doc.
    pub variants: Vec<Variant>,
}

/// A variant of an enum.
#[derive(Clone, Debug)]
pub struct Variant {
    /// The name in the language.
    pub name: SmolStr,
    /// The spelling in AWS's requests.
    pub spelling: SmolStr,
    /// What it means.
    pub doc: Option<SmolStr>,
}

/// The values that a constructor's result type has.
#[derive(Clone, Debug)]
pub struct Family {
    /// Its name.
    pub name: SmolStr,
    /// Its constructors.
    pub constructors: Vec<ConstructorId>,
}

/// `constructor nfs : transfer_location { … }`.
#[derive(Clone, Debug)]
pub struct Constructor {
    /// Its name.
    pub name: SmolStr,
    /// What it makes.
    pub doc: Option<SmolStr>,
    /// What family it is of.
    pub family: FamilyId,
    /// Its fields; positional arguments fill them in order.
    pub fields: Vec<FieldDecl>,
    /// Whether a value of its one required field may stand for it without its name (`sync_landing / "x"` for `s3(sync_landing / "x")`).
    pub implicit: bool,
    /// The requests that make it.
    pub calls: Vec<Call>,
    /// Other members of its declaration, by name: constants that a target reads, such as a Flink connector's name.
    pub properties: FxHashMap<SmolStr, Expr>,
    /// Its place in the standard library.
    pub span: Span,
}

/// `call create = datasync.CreateTask { Member = value }`.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its name within the declaration.
    pub name: SmolStr,
    /// The service in botocore's spelling.
    pub service: SmolStr,
    /// The operation in botocore's spelling.
    pub operation: SmolStr,
    /// Members that are the same always or made from fields by an expression; `none` leaves one out.
    pub input: Vec<(SmolStr, Expr)>,
    /// The condition behind `only_if`: it is made where this is neither `none` nor `false`.
    pub only_if: Option<Expr>,
    /// The member of its result that stands for the thing made (`LocationArn`).
    pub result: Option<SmolStr>,
}

/// `service s3 { … }`.
#[derive(Clone, Debug)]
pub struct Service {
    /// The name in the language, which is IAM's prefix with `_` for `-`.
    pub name: SmolStr,
    /// IAM's prefix: `redshift-data`.
    pub prefix: SmolStr,
    /// The service principal, where it has one: `redshift.amazonaws.com`.
    pub principal: Option<SmolStr>,
    /// Whether the service says for which account it acts (`aws:SourceAccount`), so that a role can refuse to serve another's.
    pub source_account: bool,
    /// Whether it says so where it calls a resource for somebody, also where it does not when it assumes a role.
    pub source_in_calls: bool,
    /// What it says in `aws:SourceArn` when it assumes the role of a declaration that it runs, with the placeholders of [`Kind::arn`].
    pub source_arn: Option<SmolStr>,
    /// Whether its resources have policies of their own, which another account's access takes.
    pub resource_policy: bool,
    /// Whether resource control policies bind its actions.
    pub resource_control: bool,
    /// The resource types: name and ARN format with the same placeholders as [`Kind::arn`], and `{bucket}`, `{prefix}` for places in buckets.
    pub types: Vec<(SmolStr, SmolStr)>,
}

impl Service {
    /// One of which nothing is known but what it is called.
    fn unknown(name: SmolStr, prefix: SmolStr) -> Self {
        Self {
            name,
            prefix,
            principal: None,
            source_account: false,
            source_in_calls: false,
            source_arn: None,
            resource_policy: false,
            resource_control: false,
            types: Vec::new(),
        }
    }
}

/// `action GetObject on object`.
#[derive(Clone, Debug)]
pub struct Action {
    /// Its service.
    pub service: ServiceId,
    /// Its name.
    pub name: SmolStr,
    /// The name in AWS's spelling: `s3:GetObject`.
    pub spelling: SmolStr,
    /// The resource types that it can be limited to, by index into the service's types; empty: AWS has no resource-level permission for it.
    pub types: Vec<u32>,
    /// The condition key that limits it to a prefix where its resource can't (`s3:prefix` of ListBucket).
    pub prefix_key: Option<SmolStr>,
    /// What it rewrites of what it is taken on: `permissions` or `trust` of a role, `policy` of another resource.
    pub rewrites: Option<SmolStr>,
    /// Whether it hands a role over to a service.
    pub passes_role: bool,
    /// Whether it makes something that acts as a role that is handed over with it.
    pub takes_role: bool,
    /// Whether it changes what something does that acts as a role already.
    pub directs: bool,
    /// What it reads: all actions of a service that read the same show it.
    pub reads: Option<SmolStr>,
}

/// `capability read on bucket { … }`.
#[derive(Clone, Debug)]
pub struct Capability {
    /// Its name.
    pub name: SmolStr,
    /// What it lets one do.
    pub doc: Option<SmolStr>,
    /// The kind of resource.
    pub kind: KindId,
    /// The IAM actions that it takes on the resource itself.
    pub actions: Vec<ActionId>,
    /// The KMS actions that it takes on the resource's key, where it has one.
    pub key_actions: Vec<ActionId>,
    /// The Lake Formation permission, where it is one.
    pub permission: Option<SmolStr>,
    /// Whether it takes columns.
    pub columns: bool,
    /// The IAM actions that it takes beside, on whatever they can be limited to (Glue's reads and `lakeformation:GetDataAccess` beside SELECT).
    pub beside: Vec<ActionId>,
}

/// `integration lambda(name: string) { … }`: how a state machine calls something.
#[derive(Clone, Debug)]
pub struct Integration {
    /// Its name: that of the constructor behind a function's `=`, or of the statement (`publish`, `copy`).
    pub name: SmolStr,
    /// What it does.
    pub doc: Option<SmolStr>,
    /// Whether it is a value behind a function's `=` (`lambda("x")`), or called as a statement of its own (`publish(…)`).
    pub declared: bool,
    /// Its parameters.
    pub params: Vec<FieldDecl>,
    /// What it returns where the caller declares nothing.
    pub result: Option<TypeExpr>,
    /// Everything else its declaration says, by name: `resource`, `arguments`, `output`, `payload`, `actions`, `start`, `poll`, … (docs/stdlib.md).
    pub properties: FxHashMap<SmolStr, Expr>,
    /// Its place in the standard library.
    pub span: Span,
}

/// `sql_function UPPER(text: string) -> string`.
#[derive(Clone, Debug)]
pub struct SqlFunction {
    /// Its name in capitals.
    pub name: SmolStr,
    /// What it does.
    pub doc: Option<SmolStr>,
    /// Its parameters' types.
    pub params: Vec<DataType>,
    /// Its result.
    pub result: DataType,
    /// Whether its result carries no label of its arguments (`COUNT`, `SHA256`).
    pub clears_labels: bool,
}

/// The standard library, parsed and read once for the whole process.
#[derive(Debug)]
pub struct Standard {
    /// Its texts.
    pub sources: SourceMap,
    /// Its modules, whose schemas every program knows.
    pub modules: Vec<Module>,
    /// What it says.
    pub library: Arc<Library>,
    /// What is wrong with it; nothing, which a test sees to.
    pub diagnostics: Diagnostics,
}

/// The standard library that ships inside the program.
pub fn standard() -> &'static Standard {
    static STANDARD: OnceLock<Standard> = OnceLock::new();
    STANDARD.get_or_init(|| {
        let mut sources = SourceMap::default();
        for (path, text) in files::FILES {
            let module = path.trim_end_matches(".dpl").replace('/', ".");
            sources.add(format!("stdlib/{path}"), module, *text, true);
        }
        let mut diagnostics = Diagnostics::default();
        let modules =
            sources.files().map(|(id, file)| syntax::parse(id, file, &mut diagnostics)).collect::<Vec<_>>();
        let library = Arc::new(read::read(&modules, &mut diagnostics));
        Standard { sources, modules, library, diagnostics }
    })
}

macro_rules! getters {
    ($($(#[$doc:meta])* $name:ident: $list:ident[$id:ident] -> $item:ident;)*) => {
        $($(#[$doc])* pub fn $name(&self, id: $id) -> &$item {
            #[expect(clippy::indexing_slicing, reason = "ids are made by the library's reader only, and nothing is ever removed")]
            &self.$list[id.0 as usize]
        })*
    };
}

impl Library {
    getters! {
        /// The kind with that id.
        kind: kinds[KindId] -> Kind;
        /// The enum with that id.
        enumeration: enums[EnumId] -> Enum;
        /// The family with that id.
        family: families[FamilyId] -> Family;
        /// The constructor with that id.
        constructor: constructors[ConstructorId] -> Constructor;
        /// The service with that id.
        service: services[ServiceId] -> Service;
        /// The action with that id.
        action: actions[ActionId] -> Action;
        /// The capability with that id.
        capability: capabilities[CapabilityId] -> Capability;
        /// The integration with that id.
        integration: integrations[IntegrationId] -> Integration;
        /// The condition with that id.
        condition: conditions[ConditionId] -> Condition;
        /// The function of pipelines' expressions with that id.
        pipeline_function: pipeline_functions[PipelineFunctionId] -> PipelineFunction;
    }

    /// The kind of that name.
    pub fn kind_named(&self, name: &str) -> Option<KindId> {
        self.names.kinds.get(name).copied()
    }

    /// The enum of that name.
    pub fn enum_named(&self, name: &str) -> Option<EnumId> {
        self.names.enums.get(name).copied()
    }

    /// The constructors of that name, one per family at most.
    pub fn constructors_named(&self, name: &str) -> &[ConstructorId] {
        self.names.constructors.get(name).map_or(&[], Vec::as_slice)
    }

    /// The service of that name in the language.
    pub fn service_named(&self, name: &str) -> Option<ServiceId> {
        self.names.services.get(name).copied()
    }

    /// An action of a service.
    pub fn action_named(&self, service: ServiceId, name: &str) -> Option<ActionId> {
        self.names.actions.get(&(service, SmolStr::new(name))).copied()
    }

    /// Adds an action that a program names and the library does not have, limited to these ARNs; none is for an action that AWS can't limit.
    pub fn learn(&mut self, prefix: &str, name: &str, arns: &[SmolStr]) -> ActionId {
        let known = self.services.iter().position(|service| service.prefix == prefix);
        let at = known.unwrap_or_else(|| {
            let name = SmolStr::from(prefix.replace('-', "_"));
            self.names.services.insert(name.clone(), ServiceId(index(self.services.len())));
            self.services.push(Service::unknown(name, prefix.into()));
            self.services.len() - 1
        });
        let service = ServiceId(index(at));
        let types = arns.iter().map(|arn| self.type_of(service, arn)).collect::<Vec<u32>>();
        let id = ActionId(index(self.actions.len()));
        self.names.actions.insert((service, name.into()), id);
        self.actions.push(Action {
            service,
            name: name.into(),
            spelling: format!("{prefix}:{name}").into(),
            types,
            prefix_key: None,
            rewrites: None,
            passes_role: false,
            takes_role: false,
            directs: false,
            reads: None,
        });
        id
    }

    /// A type of a service that only this ARN is of.
    fn type_of(&mut self, service: ServiceId, arn: &SmolStr) -> u32 {
        let Some(service) = self.services.get_mut(service.0 as usize) else { return 0 };
        if let Some(at) = service.types.iter().position(|(_, format)| format == arn) {
            return index(at);
        }
        service.types.push((arn.clone(), arn.clone()));
        index(service.types.len() - 1)
    }

    /// A capability on a kind.
    pub fn capability_named(&self, kind: KindId, name: &str) -> Option<CapabilityId> {
        self.names.capabilities.get(&(kind, SmolStr::new(name))).copied()
    }

    /// An integration.
    pub fn integration_named(&self, name: &str) -> Option<IntegrationId> {
        self.names.integrations.get(name).copied()
    }

    /// The functions of pipelines' expressions of that name.
    pub fn pipeline_functions_named(&self, name: &str) -> Vec<PipelineFunctionId> {
        let named = self.pipeline_functions.iter().enumerate().filter(|(_, function)| function.name == name);
        named.map(|(at, _)| PipelineFunctionId(u32::try_from(at).unwrap_or(u32::MAX))).collect()
    }

    /// An action in AWS's spelling: `s3:GetObject`.
    pub fn action_spelling(&self, id: ActionId) -> &SmolStr {
        &self.action(id).spelling
    }
}

fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
