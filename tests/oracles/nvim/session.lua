-- What somebody does in Neovim with acme, one thing after the other; the init file is the one in docs/editors.md. Prints what is not as it
-- should be, a line each, and leaves with 1 then. `folder` is a copy of acme, `grammar` the compiled parser's folder.
local folder, grammar = vim.env.DPL_ACME, vim.env.DPL_GRAMMAR
local faults = {}

local function check(holds, text)
  if not holds then table.insert(faults, text) end
end

local function wait(what, until_so)
  check(vim.wait(20000, until_so, 20), "waited in vain for " .. what)
end

local function open(name)
  vim.cmd("edit " .. folder .. "/" .. name)
  return vim.api.nvim_get_current_buf()
end

local function text(buffer)
  return table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), "\n")
end

-- Puts the cursor on the first place of a text in the buffer that is shown, so many bytes behind its beginning.
local function at(pattern, offset)
  for number, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
    local start = line:find(pattern, 1, true)
    if start then
      vim.api.nvim_win_set_cursor(0, { number, start - 1 + (offset or 0) })
      return
    end
  end
  check(false, "`" .. pattern .. "` is not in the text")
end

local function change(old, new)
  for number, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
    local start, stop = line:find(old, 1, true)
    if start then
      vim.api.nvim_buf_set_text(0, number - 1, start - 1, number - 1, stop, { new })
      return
    end
  end
  check(false, "`" .. old .. "` is not in the text")
end

local function request(buffer, method, more)
  local params = vim.lsp.util.make_position_params()
  for name, value in pairs(more or {}) do params[name] = value end
  local answers = vim.lsp.buf_request_sync(buffer, method, params, 20000) or {}
  for _, answer in pairs(answers) do return answer.result end
end

local function errors(buffer)
  return vim.diagnostic.get(buffer, { severity = vim.diagnostic.severity.ERROR })
end

local function session()
  local lake = open("lake.dpl")
  check(vim.bo.filetype == "dpl", "the file's type is " .. vim.bo.filetype)
  wait("the server", function()
    for _, client in pairs(vim.lsp.buf_get_clients(lake)) do return client.initialized end
  end)

  -- Diagnostics as typed, and gone with what they are about.
  change("= lake_key", "= lake_kez")
  wait("an error", function() return #errors(lake) > 0 end)
  local first = errors(lake)[1] or {}
  check(tostring(first.code or ((first.user_data or {}).lsp or {}).code) == "DPL0101", "the error is " .. vim.inspect(first))

  -- The mend that is offered is taken.
  at("lake_kez", 2)
  vim.ui.select = function(items, _, chosen) chosen(items[1], 1) end
  vim.lsp.buf.code_action()
  wait("the mend", function() return text(lake):find("= lake_key", 1, true) ~= nil end)
  wait("no errors", function() return #errors(lake) == 0 end)

  -- Completion where a field's name is being typed.
  at("rotation = true", 0)
  vim.api.nvim_buf_set_lines(0, vim.fn.line(".") - 1, vim.fn.line("."), false, { "key lake_key in lake {", "  rotation = true", "  ro", "}" })
  at("  ro", 3)
  vim.api.nvim_win_set_cursor(0, { vim.fn.line(".") + 1, 3 })
  local labels = {}
  local found = request(lake, "textDocument/completion") or {}
  for _, item in ipairs(found.items or found) do labels[item.label] = true end
  check(labels["alias"] or labels["external"], "completed is " .. vim.inspect(vim.tbl_keys(labels)))
  vim.cmd("silent undo")
  check(text(lake):find("rotation = true }", 1, true), "undone is too little")

  -- What a word means, and where it is from.
  at("to DataEngineering", 5)
  local hover = vim.inspect(request(lake, "textDocument/hover"))
  check(hover:find("DataEngineering", 1, true), "hover is " .. hover)

  -- Renaming over all modules, those that are not open too.
  at("bucket data_lake", 9)
  vim.lsp.buf.rename("pond")
  wait("the new name here", function() return text(lake):find("bucket pond in lake", 1, true) ~= nil end)
  vim.cmd("silent wall")
  local mesh = open("mesh.dpl")
  check(text(mesh):find('location = pond / "sales"', 1, true), "mesh.dpl has the old name")
  check(not text(open("etl.dpl")):find("data_lake", 1, true), "etl.dpl has the old name")
  vim.cmd("silent wall")

  -- The layout.
  vim.api.nvim_set_current_buf(lake)
  change("rotation = true", "rotation   =   true")
  local format = vim.lsp.buf.format or vim.lsp.buf.formatting_sync
  if vim.lsp.buf.format then format() else format(nil, 20000) end
  check(text(lake):find("rotation = true", 1, true), "it is not laid out")
  vim.cmd("silent wall")
end

-- The grammar, as Neovim's own tree-sitter reads it.
local function painted()
  local streaming = open("streaming.dpl")
  local load = vim.treesitter.require_language or vim.treesitter.language.add
  if vim.treesitter.require_language then load("dpl", grammar .. "/dpl.so") else load("dpl", { path = grammar .. "/dpl.so" }) end
  local root = vim.treesitter.get_parser(streaming, "dpl"):parse()[1]:root()
  check(not root:has_error(), "streaming.dpl has an ERROR")
  local parse = vim.treesitter.parse_query or vim.treesitter.query.parse
  local seen = {}
  for _, name in ipairs({ "highlights", "injections", "locals", "folds", "indents" }) do
    local file = io.open(vim.env.DPL_QUERIES .. "/" .. name .. ".scm")
    local query = parse("dpl", file:read("*a"))
    file:close()
    for id, node in query:iter_captures(root, streaming, 0, -1) do
      local capture = query.captures[id]
      seen[capture] = (seen[capture] or 0) + 1
      if capture == "injection.content" and node:type() == "sql" then seen.sql = true end
    end
  end
  for _, capture in ipairs({ "keyword", "string", "number", "comment", "type", "property", "fold", "indent.begin", "local.scope" }) do
    check(seen[capture], "nothing is captured as @" .. capture)
  end
  check(seen.sql, "no SQL is injected")
end

for _, part in ipairs({ session, painted }) do
  local fine, why = xpcall(part, debug.traceback)
  check(fine, tostring(why))
end
for _, client in pairs(vim.lsp.get_active_clients and vim.lsp.get_active_clients() or vim.lsp.get_clients()) do client.stop() end
vim.wait(5000, function() return #(vim.lsp.get_active_clients and vim.lsp.get_active_clients() or vim.lsp.get_clients()) == 0 end, 20)
io.stdout:write(table.concat(faults, "\n"), #faults > 0 and "\n" or "")
vim.cmd(#faults > 0 and "cquit 1" or "qall!")
