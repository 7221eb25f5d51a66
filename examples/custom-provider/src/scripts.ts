/** Publishes a version whose chunks are there; answers OK or why not. Redis runs nothing else meanwhile. */
export const publishScript: string = `
local object, index, data = unpack(KEYS)
local key, info, chunks, ifMatch, ifNoneMatch, dataName, grace = unpack(ARGV)
local old = redis.call("GET", object)
local etag = old and cjson.decode(old).etag
local refusal = ifNoneMatch == "*" and old and "EXISTS"
  or ifMatch ~= "" and ifMatch ~= etag and "CHANGED"
  or redis.call("HLEN", data) ~= tonumber(chunks) and "GONE"
if refusal then
  redis.call("UNLINK", data)
  return refusal
end
redis.call("PERSIST", data)
redis.call("SET", object, info)
redis.call("ZADD", index, 0, key)
if old then redis.call("EXPIRE", dataName .. etag, grace) end
return "OK"`;

/** Deletes objects; the chunks of their versions expire. */
export const deleteScript: string = `
for i = 2, #KEYS do
  local old = redis.call("GET", KEYS[i])
  if old then
    redis.call("DEL", KEYS[i])
    redis.call("ZREM", KEYS[1], ARGV[i + 1])
    redis.call("EXPIRE", ARGV[1] .. cjson.decode(old).etag, ARGV[2])
  end
end`;
