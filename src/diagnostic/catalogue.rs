//! Every code there is, with the page that `dpl explain` prints. A page's first line is its title; its first `dpl` block is the smallest
//! program that yields exactly that code, which a test compiles.

use std::fmt;

/// A stable code such as `DPL0301`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(&'static str);

impl Code {
    /// Whether it is about the form of the text, and not about its meaning.
    pub fn is_of_syntax(self) -> bool {
        self.0.starts_with("DPL00")
    }

    /// The code's text.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

macro_rules! catalogue {
    ($($name:ident = $code:literal;)*) => {
        $(#[doc = include_str!(concat!("pages/", $code, ".md"))] pub const $name: Code = Code($code);)*

        /// All codes in order, each with its page.
        pub const PAGES: &[(Code, &str)] = &[$(($name, include_str!(concat!("pages/", $code, ".md")))),*];
    };
}

catalogue! {
    // 00: the text of a file
    SYNTAX = "DPL0001";
    TOO_MUCH = "DPL0002";
    UNCLOSED = "DPL0003";
    STRING = "DPL0004";
    FOREIGN_SPELLING = "DPL0005";
    DANGLING_DOC = "DPL0006";
    RESERVED_WORD = "DPL0007";
    CHAINED_COMPARISON = "DPL0008";
    SQL_END = "DPL0009";
    DECLARATION_PART = "DPL0010";
    AMOUNT = "DPL0011";
    // 01: modules and names
    UNRESOLVED = "DPL0101";
    AMBIGUOUS = "DPL0102";
    DUPLICATE = "DPL0103";
    UNKNOWN_MODULE = "DPL0104";
    CYCLIC_USE = "DPL0105";
    UNUSED_USE = "DPL0106";
    UNKNOWN_KIND = "DPL0107";
    WRONG_KIND_OF_NAME = "DPL0108";
    MISPLACED = "DPL0109";
    UNEXPECTED_PART = "DPL0110";
    SAME_NAME_IN_AWS = "DPL0111";
    UNKNOWN_LABEL = "DPL0112";
    // 02: types, fields and values
    UNKNOWN_FIELD = "DPL0201";
    DUPLICATE_FIELD = "DPL0202";
    MISSING_FIELD = "DPL0203";
    WRONG_TYPE = "DPL0204";
    UNKNOWN_VARIANT = "DPL0205";
    OUT_OF_RANGE = "DPL0206";
    UNKNOWN_UNIT = "DPL0207";
    BAD_ACCOUNT_ID = "DPL0208";
    BAD_ARN = "DPL0209";
    UNKNOWN_TYPE = "DPL0210";
    BAD_TYPE_ARGUMENTS = "DPL0211";
    BAD_ARGUMENT = "DPL0212";
    NOT_CONSTANT = "DPL0213";
    BAD_LOCATION = "DPL0214";
    BAD_REFINEMENT = "DPL0215";
    BAD_REGION = "DPL0216";
    PARAM_WITHOUT_VALUE = "DPL0217";
    RECURSIVE_SCHEMA = "DPL0218";
    UNKNOWN_PARAM = "DPL0219";
    LIBRARY = "DPL0299";
    // 03: accounts, guardrails, roles, grants, proofs
    UNKNOWN_CAPABILITY = "DPL0301";
    COLUMNS_NOT_TAKEN = "DPL0302";
    UNKNOWN_ACTION = "DPL0303";
    CONDITION_NOT_KEPT = "DPL0304";
    ACTION_DOES_NOT_FIT = "DPL0305";
    NO_RESOURCE_POLICY = "DPL0306";
    OWN_ACCOUNT = "DPL0307";
    NOT_TRUSTED = "DPL0309";
    TRUST_CYCLE = "DPL0310";
    GUARDRAIL_WITHOUT_EFFECT = "DPL0311";
    NO_MANAGEMENT_ACCOUNT = "DPL0312";
    PATTERN_NOT_KNOWN = "DPL0313";
    DEAD_GRANT = "DPL0314";
    REDUNDANT_GRANT = "DPL0315";
    WHOLE_ACCOUNT_DELETES = "DPL0316";
    LIMIT_WITHOUT_EFFECT = "DPL0317";
    ASSERTION_FAILS = "DPL0318";
    UNDECIDED = "DPL0319";
    NO_EXTERNAL_ID = "DPL0320";
    NOBODY_ACTS = "DPL0321";
    EXCEPTION_FROM_SOME = "DPL0322";
    NOTHING_OF_OURS = "DPL0323";
    BAD_CONDITION = "DPL0324";
    EITHER_OR = "DPL0325";
    NEVER_HOLDS = "DPL0326";
    BAD_INSTANT = "DPL0327";
    KEY_NEVER_THERE = "DPL0328";
    SESSION_WITHOUT_MFA = "DPL0329";
    FEDERATED_RECEIVER = "DPL0330";
    CONFUSED_DEPUTY = "DPL0331";
    CLOSED_BY_KEY = "DPL0332";
    FUNCTION_POLICY = "DPL0333";
    OIDC_SUBJECT = "DPL0334";
    PROVIDER_ELSEWHERE = "DPL0335";
    GROUP = "DPL0336";
    SECRET_IN_TEXT = "DPL0337";
    ORGANIZATION_WITHOUT_ID = "DPL0340";
    NO_RESOURCE_CONTROL = "DPL0341";
    BOUNDARY_ELSEWHERE = "DPL0342";
    OUTSIDE_BOUNDARY = "DPL0343";
    MAY_HOLD_DATA = "DPL0344";
    QUESTION = "DPL0345";
    SESSION_POLICY = "DPL0346";
    REWRITES_ITSELF = "DPL0350";
    REWRITES_ROLE = "DPL0351";
    REWRITES_POLICY = "DPL0352";
    PASSES_STRONGER = "DPL0353";
    BECOMES_STRONGER = "DPL0354";
    NOBODY_ADMINISTERS = "DPL0355";
    PASSED_TO_NOBODY = "DPL0356";
    GRANT_NOT_CLEARED = "DPL0390";
    // 04: hybrid: agents, syncs and copies of buckets
    SYNC_TIMES = "DPL0401";
    SYNC_REMOVE = "DPL0402";
    SYNC_ENHANCED = "DPL0403";
    SYNC_ARCHIVED = "DPL0404";
    SYNC_OPTION = "DPL0405";
    SYNC_COPIES_ALL = "DPL0406";
    SYNC_PATTERN = "DPL0407";
    SYNC_SCHEDULE = "DPL0408";
    CRON = "DPL0409";
    SYNC_OVERLAP = "DPL0410";
    SYNC_LOOP = "DPL0411";
    SYNC_OUTSIDE = "DPL0412";
    AGENT_ARN = "DPL0413";
    AGENT_ELSEWHERE = "DPL0414";
    SYNC_HALF_KEY = "DPL0415";
    SYNC_REMOVES_OTHERS = "DPL0416";
    SYNC_CIRCLE = "DPL0417";
    SYNC_TOO_OFTEN = "DPL0418";
    SYNC_FIRST_RUN = "DPL0419";
    SYNC_RUN_TIME = "DPL0420";
    REPLICA_WITHOUT_VERSIONS = "DPL0421";
    REPLICA_WITHOUT_A_KEY = "DPL0422";
    REPLICA_OF_ITSELF = "DPL0423";
    ALERTS = "DPL0424";
    AGENT_MADE = "DPL0425";
    AGENT_NETWORK = "DPL0426";
    // 05: functions and pipelines
    NO_VALUE = "DPL0501";
    UNKNOWN_MEMBER = "DPL0502";
    MAYBE_NONE = "DPL0503";
    OUT_OF_REACH = "DPL0504";
    BOUND_TWICE = "DPL0505";
    NOT_CALLABLE = "DPL0506";
    ARGUMENTS = "DPL0507";
    CALL_IN_EXPRESSION = "DPL0508";
    NO_RESULT = "DPL0509";
    RESULT_NOT_READ = "DPL0510";
    ENDS_IN_SUCCESS = "DPL0511";
    UNREACHABLE = "DPL0512";
    RETURN = "DPL0513";
    NOT_EXHAUSTIVE = "DPL0514";
    TRIGGER = "DPL0515";
    PAYLOAD = "DPL0516";
    POLICY = "DPL0517";
    TASK_TOKEN = "DPL0518";
    FOREGONE = "DPL0520";
    ERROR_NAME = "DPL0521";
    UNKNOWN_PLACE = "DPL0522";
    LOSES_RESULT = "DPL0523";
    LOOP = "DPL0524";
    FUNCTION = "DPL0525";
    VARIES = "DPL0526";
    RESULTS_OUTGROW = "DPL0527";
    FAR_BUCKET = "DPL0528";
    AWS_REQUEST = "DPL0529";
    AWS_ANSWER = "DPL0530";
    AWS_UNCHECKED = "DPL0531";
    ONLY_BEGUN = "DPL0532";
    ITEM = "DPL0533";
    SQL_PARAMETER = "DPL0534";
    AWS_CALL = "DPL0535";
    ELSEWHERE = "DPL0536";
    OBJECT = "DPL0537";
    NEVER_CAUGHT = "DPL0538";
    QUERY = "DPL0539";
    NOT_IDEMPOTENT = "DPL0540";
    HISTORY = "DPL0541";
    VARIABLES = "DPL0542";
    DEFINITION = "DPL0543";
    OUTLASTS = "DPL0544";
    NOTHING_DONE = "DPL0545";
    // 06: mesh: domains, tables, shares
    GLUE_NAME = "DPL0601";
    DOMAIN_OVERLAP = "DPL0602";
    TABLE_EMPTY = "DPL0603";
    SAME_COLUMN = "DPL0604";
    NULLABLE_KEY = "DPL0605";
    PARTITION = "DPL0606";
    FORMAT_COLUMN = "DPL0607";
    CONTRACTS = "DPL0608";
    SHARE_SELF = "DPL0609";
    SHARE_NAME = "DPL0610";
    SHARE_WITHOUT_GRANT = "DPL0611";
    TABLE_RECEIVER = "DPL0612";
    ROW_FILTER = "DPL0613";
    ROW_FILTER_TERM = "DPL0614";
    FRESH_BY = "DPL0615";
    PROJECTION = "DPL0616";
    NO_RULES = "DPL0617";
    CRAWLER_ELSEWHERE = "DPL0640";
    ROWS_UNDECIDED = "DPL0641";
    NO_ROWS = "DPL0642";
    NO_LABELLED_COLUMN = "DPL0643";
    LONG_LABEL_RULE = "DPL0644";
    LAKE_LIMIT = "DPL0645";
    // 07: streams, SQL and queries
    SQL_SYNTAX = "DPL0701";
    SQL_UNSUPPORTED = "DPL0702";
    SQL_UNKNOWN_COLUMN = "DPL0703";
    SQL_UNKNOWN_FUNCTION = "DPL0704";
    SQL_TYPE = "DPL0705";
    SQL_SINK_COLUMNS = "DPL0706";
    SQL_SINK_TYPE = "DPL0707";
    SQL_SINK_NULL = "DPL0708";
    WINDOW_WITHOUT_WATERMARK = "DPL0709";
    NOT_THE_EVENT_TIME = "DPL0710";
    SQL_HALF_WINDOW = "DPL0711";
    UNREACHABLE_CASE = "DPL0712";
    CONSTANT_COMPARISON = "DPL0713";
    STREAM_WITHOUT_LATE = "DPL0714";
    LABEL_LEAK = "DPL0715";
    SQL_AGGREGATE = "DPL0716";
    SQL_NOT_GROUPED = "DPL0717";
    SQL_NOT_DETERMINISTIC = "DPL0718";
    LATENCY = "DPL0719";
    FORMAT_TYPE = "DPL0720";
    DIVERTED_SHAPE = "DPL0721";
    SQL_WITHOUT_WINDOW = "DPL0722";
    SQL_WINDOW = "DPL0723";
    EVENT_TIME = "DPL0724";
    FORMAT_CANNOT_DIVERT = "DPL0725";
    NATIVE_UNSUPPORTED = "DPL0726";
    SQL_SESSION_KEYS = "DPL0730";
    SQL_DOES_NOT_MERGE = "DPL0731";
    SQL_RANK = "DPL0732";
    SQL_ENDLESS_JOIN = "DPL0733";
    SQL_AMBIGUOUS = "DPL0734";
    SQL_NEVER_NULL = "DPL0735";
    SQL_UNNEST = "DPL0736";
    SQL_NOT_PLANNED = "DPL0737";
    SQL_OVER = "DPL0743";
    SQL_OVER_ORDER = "DPL0744";
    SQL_GROUPING_SETS = "DPL0745";
    SQL_PATTERN = "DPL0746";
    SQL_AS_OF = "DPL0747";
    SQL_OFFSET_LOSES = "DPL0748";
    SQL_VARIANCE_LOSES = "DPL0749";
    // 08: AWS's limits
    POLICY_TOO_LARGE = "DPL0801";
    TOO_MANY_GUARDRAILS = "DPL0802";
    NEAR_LIMIT = "DPL0803";
    NOT_IN_A_TEMPLATE = "DPL0810";
    TEMPLATE_TOO_LARGE = "DPL0811";
    REQUIRED_TAG = "DPL0812";
    TAG = "DPL0813";
    NOT_IN_A_ROOT = "DPL0820";
    HYBRID_ACCESS = "DPL0821";
    // 09: the command: files, configuration, running, tests
    CONFIG_SYNTAX = "DPL0901";
    CONFIG_UNKNOWN = "DPL0902";
    CONFIG_VALUE = "DPL0903";
    TEST_SUBJECT = "DPL0910";
    TEST_LINE = "DPL0911";
    TEST_CALL = "DPL0912";
    TEST_EXPECTS_NOTHING = "DPL0913";
    TEST_FAILS = "DPL0914";
}

/// The page of a code, given as text (`DPL0301`, in any case).
pub fn page(code: &str) -> Option<&'static str> {
    PAGES.iter().find(|(known, _)| known.as_str().eq_ignore_ascii_case(code)).map(|(_, page)| *page)
}

/// A code's title: its page's first line without the `# `.
pub fn title(code: Code) -> &'static str {
    let line = page(code.as_str()).and_then(|page| page.lines().next()).unwrap_or_default();
    line.strip_prefix("# ").unwrap_or(line)
}
