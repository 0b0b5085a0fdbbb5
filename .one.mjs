import { build, transform } from 'esbuild';
import { readFileSync, writeFileSync, mkdirSync, rmSync } from 'node:fs';
import { join, basename } from 'node:path';
const alias={'@aws-sdk/credential-provider-node':'./scripts/bundle-lambda-credentials.mjs'};
const pkg={name:'p',setup(b){b.onLoad({filter:/node_modules\/@aws-sdk\/client-[^/]+\/package\.json$/},({path})=>({contents:JSON.stringify({version:JSON.parse(readFileSync(path)).version}),loader:'json'}))}};
const r=await build({entryPoints:{index:'lambda/rotator/handler.ts'},outdir:'/tmp/v/x',bundle:true,splitting:true,platform:'node',target:'node22',format:'esm',mainFields:['module','main'],legalComments:'none',alias,plugins:[pkg],write:false,minifySyntax:true,metafile:true});
for(const cjs of [true,false]){
const files=new Map();
for(const f of r.outputFiles)files.set(basename(f.path),cjs?(await transform(f.text,{format:'cjs',platform:'node',target:'node22',supported:{'dynamic-import':false}})).code:f.text);
const mem={name:'m',setup(b){b.onResolve({filter:/^\.\/[^/]+\.js$/},a=>({path:basename(a.path),namespace:'m'}));b.onLoad({filter:/.*/,namespace:'m'},({path})=>({contents:files.get(path)}))}};
const o=await build({entryPoints:['./index.js'],outfile:`/tmp/v/${cjs?'onecjs':'oneesm'}.js`,bundle:true,platform:'node',target:'node22',format:'cjs',minify:true,plugins:[mem],external:['@aws-sdk/signature-v4-crt']});
}
