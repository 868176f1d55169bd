import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.ResultKind;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.table.catalog.Catalog;
import org.apache.flink.table.catalog.CatalogBaseTable;
import org.apache.flink.table.catalog.CatalogTable;
import org.apache.flink.table.catalog.ObjectPath;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;

/**
 * Runs Flink SQL scripts, each in a session of its own, inside one JVM.
 *
 * <p>Usage: {@code FlinkRunner (SCRIPT.sql | --table NAME=FILE | --sink NAME=FILE | --explain)...}, where the options belong to
 * the script named before them. --explain plans what the script would run, and runs nothing. Every table keeps its columns, watermark and format options and has its connector
 * replaced by files: a --table reads FILE, a --sink writes its rows to FILE, any other table is empty.
 *
 * <p>Prints one JSON line per row of a SELECT, {@code {"script", "row": [kind, field...]}}, and one per script,
 * {@code {"script", "ok", ...}}. Exits 1 if a script failed.
 */
public final class FlinkRunner {
  private static final Pattern SET = Pattern.compile("(?is)SET\\s+'([^']*)'\\s*=\\s*'([^']*)'");

  /** A script and the files that stand in for its tables. */
  private static final class Job {
    final Path script;
    final Path scratch;
    final Map<String, Path> tables = new HashMap<>();
    final Map<String, Path> sinks = new LinkedHashMap<>();
    boolean planOnly;

    Job(Path script, Path scratch) {
      this.script = script;
      this.scratch = scratch;
    }
  }

  private final PrintStream out;

  private FlinkRunner(PrintStream out) {
    this.out = out;
  }

  public static void main(String[] arguments) throws Exception {
    PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    Path scratch = Files.createTempDirectory("flink-runner");
    boolean allWell = true;
    try {
      FlinkRunner runner = new FlinkRunner(out);
      for (Job job : readArguments(arguments, scratch)) {
        allWell &= runner.runAndReport(job);
      }
    } finally {
      deleteTree(scratch);
    }
    out.flush();
    System.exit(allWell ? 0 : 1);
  }

  private static List<Job> readArguments(String[] arguments, Path scratch) {
    List<Job> jobs = new ArrayList<>();
    for (int i = 0; i < arguments.length; i++) {
      String option = arguments[i];
      if (!option.startsWith("--")) {
        jobs.add(new Job(Path.of(option), scratch.resolve("job" + jobs.size())));
        continue;
      }
      if (option.equals("--explain") && !jobs.isEmpty()) {
        jobs.get(jobs.size() - 1).planOnly = true;
        continue;
      }
      if (jobs.isEmpty() || i + 1 == arguments.length || arguments[i + 1].indexOf('=') < 1) {
        throw new IllegalArgumentException(option + " needs NAME=FILE and a script before it");
      }
      String[] pair = arguments[++i].split("=", 2);
      Job job = jobs.get(jobs.size() - 1);
      switch (option) {
        case "--table" -> job.tables.put(pair[0], Path.of(pair[1]));
        case "--sink" -> job.sinks.put(pair[0], Path.of(pair[1]));
        default -> throw new IllegalArgumentException("unknown option " + option);
      }
    }
    if (jobs.isEmpty()) {
      throw new IllegalArgumentException("no script given");
    }
    return jobs;
  }

  private boolean runAndReport(Job job) {
    Map<String, String> report = new LinkedHashMap<>();
    report.put("script", quote(job.script.toString()));
    boolean well = true;
    try {
      run(job);
      report.put("ok", "true");
      report.put("sinks", collectSinks(job));
    } catch (Throwable failure) {
      well = false;
      report.put("ok", "false");
      report.put("error", quote(explain(failure)));
    }
    out.println(object(report));
    return well;
  }

  private void run(Job job) throws Exception {
    TableEnvironment session =
        TableEnvironment.create(
            EnvironmentSettings.newInstance().inStreamingMode().withConfiguration(defaults()).build());
    for (String statement : split(Files.readString(job.script))) {
      try {
        execute(session, job, statement);
      } catch (Exception failure) {
        String head = statement.replaceAll("\\s+", " ");
        throw new IOException("in `" + head.substring(0, Math.min(80, head.length())) + "`", failure);
      }
    }
    for (String named : Stream.concat(job.tables.keySet().stream(), job.sinks.keySet().stream()).sorted().toList()) {
      if (!List.of(session.listTables()).contains(named)) {
        throw new IllegalArgumentException("the script declares no table `" + named + "`");
      }
    }
  }

  /**
   * One task, and a watermark after every record that raises it: Flink's usual 200 ms interval would make late rows
   * depend on the wall clock.
   */
  private static Configuration defaults() {
    Configuration settings = new Configuration();
    settings.setString("parallelism.default", "1");
    settings.setString("pipeline.auto-watermark-interval", "0");
    settings.setString("table.local-time-zone", "UTC");
    settings.setString("taskmanager.memory.managed.size", "256m");
    settings.setString("taskmanager.memory.network.min", "64m");
    settings.setString("taskmanager.memory.network.max", "64m");
    return settings;
  }

  private void execute(TableEnvironment session, Job job, String statement) throws Exception {
    Matcher setting = SET.matcher(statement);
    if (setting.matches()) {
      session.getConfig().set(setting.group(1), setting.group(2));
      session.getConfig().set("pipeline.auto-watermark-interval", "0");
      return;
    }
    String verb = statement.toUpperCase(Locale.ROOT);
    if (job.planOnly && (verb.startsWith("INSERT") || verb.startsWith("EXECUTE"))) {
      // `EXECUTE STATEMENT SET` is explained by the word alone, `INSERT` behind it.
      session.executeSql("EXPLAIN " + (verb.startsWith("EXECUTE") ? statement.substring("EXECUTE".length()) : statement));
      return;
    }
    TableResult result = session.executeSql(statement);
    if (verb.startsWith("CREATE")) {
      putFilesBehindTables(session, job);
    } else if (verb.startsWith("INSERT") || verb.startsWith("EXECUTE")) {
      result.await();
    } else if (result.getResultKind() == ResultKind.SUCCESS_WITH_CONTENT) {
      printRows(job, result);
    }
  }

  private void printRows(Job job, TableResult result) throws Exception {
    try (CloseableIterator<Row> rows = result.collect()) {
      while (rows.hasNext()) {
        Map<String, String> line = new LinkedHashMap<>();
        line.put("script", quote(job.script.toString()));
        line.put("row", array(rows.next()));
        out.println(object(line));
      }
    }
  }

  private void putFilesBehindTables(TableEnvironment session, Job job) throws Exception {
    Catalog catalog = session.getCatalog(session.getCurrentCatalog()).orElseThrow();
    for (String name : catalog.listTables(session.getCurrentDatabase())) {
      ObjectPath path = new ObjectPath(session.getCurrentDatabase(), name);
      CatalogBaseTable table = catalog.getTable(path);
      if (table instanceof CatalogTable && !"filesystem".equals(table.getOptions().get("connector"))) {
        CatalogTable onFiles = ((CatalogTable) table).copy(fileOptions(job, name, table.getOptions()));
        catalog.alterTable(path, onFiles, false);
      }
    }
  }

  /** The format's options stay as the script has them: how a timestamp or a bad field is read is part of the test. */
  private Map<String, String> fileOptions(Job job, String name, Map<String, String> options) throws IOException {
    String format = options.getOrDefault("format", options.getOrDefault("value.format", "json"));
    Map<String, String> swapped = new TreeMap<>();
    options.forEach(
        (key, value) -> {
          String bare = key.startsWith("value.") ? key.substring("value.".length()) : key;
          if (bare.startsWith(format + ".")) {
            swapped.put(bare, value);
          }
        });
    swapped.put("connector", "filesystem");
    swapped.put("format", format);
    Path given = job.tables.get(name);
    Path place = given != null ? given.toAbsolutePath() : folderOf(job, name);
    swapped.put("path", place.toUri().toString());
    return swapped;
  }

  private static Path folderOf(Job job, String name) throws IOException {
    return Files.createDirectories(job.scratch.resolve(name));
  }

  /** Joins the part files of each sink into the file asked for; returns the number of rows of each as JSON. */
  private String collectSinks(Job job) throws IOException {
    Map<String, String> counts = new LinkedHashMap<>();
    for (Map.Entry<String, Path> sink : job.sinks.entrySet()) {
      List<String> rows = new ArrayList<>();
      try (Stream<Path> parts = Files.walk(folderOf(job, sink.getKey()))) {
        for (Path part : parts.filter(Files::isRegularFile).sorted().toList()) {
          rows.addAll(Files.readAllLines(part));
        }
      }
      Files.write(sink.getValue(), rows);
      counts.put(sink.getKey(), String.valueOf(rows.size()));
    }
    return object(counts);
  }

  /** Statements of a script, comments dropped; semicolons inside quotes and inside a statement set separate nothing. */
  private static List<String> split(String script) {
    List<String> statements = new ArrayList<>();
    StringBuilder current = new StringBuilder();
    int at = 0;
    while (at < script.length()) {
      char c = script.charAt(at);
      int end = at + 1;
      if (c == '\'' || c == '`' || c == '"') {
        end = after(script, String.valueOf(c), at + 1);
        current.append(script, at, end);
      } else if (script.startsWith("--", at)) {
        end = after(script, "\n", at);
        current.append('\n');
      } else if (script.startsWith("/*", at) && !script.startsWith("/*+", at)) {
        end = after(script, "*/", at + 2);
        current.append(' ');
      } else if (c == ';' && !insideStatementSet(current)) {
        statements.add(current.toString().trim());
        current.setLength(0);
      } else {
        current.append(c);
      }
      at = end;
    }
    statements.add(current.toString().trim());
    statements.removeIf(String::isEmpty);
    return statements;
  }

  private static int after(String text, String mark, int from) {
    int found = text.indexOf(mark, from);
    return found < 0 ? text.length() : found + mark.length();
  }

  private static boolean insideStatementSet(StringBuilder current) {
    String words = current.toString().trim().toUpperCase(Locale.ROOT);
    return words.matches("(?s)EXECUTE\\s+STATEMENT\\s+SET\\b.*") && !words.matches("(?s).*\\bEND");
  }

  /** The chain of causes, outermost first: Flink wraps the message that matters several levels deep. */
  private static String explain(Throwable failure) {
    List<String> causes = new ArrayList<>();
    for (Throwable cause = failure; cause != null && causes.size() < 12; cause = cause.getCause()) {
      String message = String.valueOf(cause.getMessage()).replaceAll("\\s+", " ");
      causes.add(message.substring(0, Math.min(400, message.length())));
    }
    return causes.stream().distinct().collect(Collectors.joining(" <- "));
  }

  private static String array(Row row) {
    List<String> fields = new ArrayList<>(List.of(quote(row.getKind().shortString())));
    for (int i = 0; i < row.getArity(); i++) {
      fields.add(json(row.getField(i)));
    }
    return "[" + String.join(", ", fields) + "]";
  }

  /** Finite numbers and booleans bare, a decimal with its scale; everything else as text. */
  private static String json(Object value) {
    if (value == null || value instanceof Boolean) {
      return String.valueOf(value);
    }
    if (value instanceof java.math.BigDecimal decimal) {
      return decimal.toPlainString();
    }
    if (value instanceof Number number && Double.isFinite(number.doubleValue())) {
      return number.toString();
    }
    return quote(value.toString());
  }

  private static String object(Map<String, String> members) {
    return members.entrySet().stream()
        .map(member -> quote(member.getKey()) + ": " + member.getValue())
        .collect(Collectors.joining(", ", "{", "}"));
  }

  private static String quote(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c < 0x20 || c == 0x7f) {
        quoted.append(String.format("\\u%04x", (int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }

  private static void deleteTree(Path root) throws IOException {
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
