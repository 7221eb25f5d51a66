// A gateway that checks signatures, in a process of its own: whoever measures its own process doesn't measure this. Prints its address.
import { startGateway } from "./gateway.ts";
import { refusal } from "./signature.ts";

const [target = "", accessKeyId = "", secretAccessKey = ""] = process.argv.slice(2);
const { endpoint } = await startGateway(target, (request) => refusal(request, { accessKeyId, secretAccessKey }));
console.log(endpoint);
