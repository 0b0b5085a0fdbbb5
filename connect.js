// The source connector as a library: the same bundle as the command `tunnel-source`.
module.exports = require('./assets/bin/tunnel-source.js');
